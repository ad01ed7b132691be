{# Every spike adds its decoders to the activities of its unit. #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    const int32_t neurons_per_unit = {{neurons}} / {{units}};
    const int32_t count = {{spikes}}[{{neurons}}];
    for (int32_t spike = 0; spike < count; spike++)
    {
        const int32_t neuron = {{spikes}}[spike];
        const int32_t unit = neuron / neurons_per_unit;
        {% for activity, decoder in decoders %}
        {{activity}}[unit] += {{decoder}}[neuron];
        {% endfor %}
        {{counts}}[unit] += 1;
    }
{% endblock %}
