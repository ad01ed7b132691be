{# Values of chosen neurons or units at the start of each step, straight to a file: any number of them. #}
{% extends 'common_group.cpp' %}
{% block extra_headers %}
#include "files.h"
{% endblock %}
{% block maincode %}
    static biornn::Tracer tracer("{{file}}.chosen", results_dir + "{{file}}.trace");
    tracer.add({{values}});
{% endblock %}
