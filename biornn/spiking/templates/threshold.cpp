{# USES_VARIABLES { N } #}
{# Brian2's threshold, but blocks in which nobody fires are passed over by a vectorised comparison. #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    {% if _uses_refractory %}
    #error "biornn's neuron models count their refractory steps themselves"
    {% endif %}
    {% set _eventspace = get_array_name(eventspace_variable) %}
    // scalar code
    const int _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    const size_t _block = 64;
    int32_t _count = 0;
    for (size_t _first = 0; _first < N; _first += _block)
    {
        if (_first + _block <= N)
        {
            int64_t _fired = 0;
            for (size_t _idx = _first; _idx < _first + _block; _idx++)
            {
                const size_t _vectorisation_idx = _idx;
                {{vector_code|autoindent}}
                _fired += _cond ? 1 : 0;
            }
            if (!_fired) continue;
        }
        const size_t _last = _first + _block < N ? _first + _block : N;
        for (size_t _idx = _first; _idx < _last; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
            if (_cond) {{_eventspace}}[_count++] = _idx;
        }
    }
    {{_eventspace}}[N] = _count;
{% endblock %}

{% block after_code %}
{% set _eventspace = get_array_name(eventspace_variable) %}
{{_eventspace}}[N] = 0;
{% endblock %}
