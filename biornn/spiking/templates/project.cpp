{# Active units send their activity through the trained weights. #}
{% extends 'common_group.cpp' %}
{% block extra_headers %}
#include "files.h"
{% endblock %}
{% block maincode %}
    static const biornn::Weights weights("{{file}}", {{targets}});
    for (int source = 0; source < {{sources}}; source++)
        if ({{activity}}[source] != 0) weights.send(source, {{activity}}[source], {{drive}});
{% endblock %}
