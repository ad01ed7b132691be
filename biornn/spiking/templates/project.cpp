{# Active units send their activity through the trained weights, at once or when their delay is over. #}
{% extends 'common_group.cpp' %}
{% block extra_headers %}
#include "files.h"
{% endblock %}
{% block maincode %}
    static const biornn::Weights weights("{{file}}", {{targets}});
    {% if delayed %}
    static std::vector<double> under_way = biornn::read<double>("{{file}}.past");
    static size_t place = 0;
    for (int source = 0; source < {{sources}}; source++)
    {
        double& slot = under_way[place + source];
        if (slot != 0) weights.send(source, slot, {{drive}});
        slot = {{activity}}[source];
    }
    place = (place + {{sources}}) % under_way.size();
    {% else %}
    for (int source = 0; source < {{sources}}; source++)
        if ({{activity}}[source] != 0) weights.send(source, {{activity}}[source], {{drive}});
    {% endif %}
{% endblock %}
