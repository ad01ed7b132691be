{# Every neuron gets the state of its unit. #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    const int32_t neurons_per_unit = {{neurons}} / {{units}};
    for (int unit = 0; unit < {{units}}; unit++)
    {
        const double state = {{state}}[unit];
        double* __restrict own = {{copies}} + size_t(unit) * neurons_per_unit;
        for (int neuron = 0; neuron < neurons_per_unit; neuron++) own[neuron] = state;
    }
{% endblock %}
