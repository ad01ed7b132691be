{# Spikes of silenced neurons are taken away, in the steps of a window; their neurons have been reset. #}
{% extends 'common_group.cpp' %}
{% block extra_headers %}
#include "files.h"
{% endblock %}
{% block maincode %}
    static const std::vector<int32_t> silent = biornn::read<int32_t>("{{file}}.silent");
    static const std::vector<int32_t> window = biornn::read<int32_t>("{{file}}.window");
    static int32_t step = 0;
    if (window[0] <= step && step < window[1] && !silent.empty())
    {
        int32_t left = 0;
        for (int32_t spike = 0; spike < {{spikes}}[{{neurons}}]; spike++)
            if (!silent[{{spikes}}[spike]]) {{spikes}}[left++] = {{spikes}}[spike];
        {{spikes}}[{{neurons}}] = left;
    }
    step++;
{% endblock %}
