{# Every neuron gets the state of its unit. #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    for (int unit = 0; unit < {{units}}; unit++)
    {
        const double state = {{state}}[unit];
        double* __restrict own = {{copies}} + unit * {{neurons_per_unit}};
        for (int neuron = 0; neuron < {{neurons_per_unit}}; neuron++) own[neuron] = state;
    }
{% endblock %}
