{# The neurons that spike in each step, straight to files: a long recording takes no memory. #}
{% extends 'common_group.cpp' %}
{% block extra_headers %}
#include "files.h"
{% endblock %}
{% block maincode %}
    static const bool wanted = biornn::read<int32_t>("{{file}}.wanted")[0];
    static biornn::Recorder recorder(results_dir + "{{file}}");
    if (wanted) recorder.add({{spikes}}, {{spikes}}[{{neurons}}]);
{% endblock %}
