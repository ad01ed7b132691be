{# External input, one row of a file for each sampling step; the run ends with the last row. #}
{% extends 'common_group.cpp' %}
{% block extra_headers %}
#include "files.h"
{% endblock %}
{% block maincode %}
    static const std::vector<double> rows = biornn::read<double>(results_dir + "{{file}}");
    static size_t first = 0;
    biornn::end_with_parent();
    if (first < rows.size())
        std::copy(rows.begin() + first, rows.begin() + first + {{units}}, {{held}});
    else
        Network::_globally_stopped = true;
    first += {{units}};
{% endblock %}
