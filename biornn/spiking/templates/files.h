// What a program reads from files when it runs, because its size is not known when it is built.
#ifndef BIORNN_FILES_H
#define BIORNN_FILES_H

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace biornn {

template <class T> std::vector<T> read(const std::string& name)
{
    std::ifstream file(name, std::ios::binary | std::ios::ate);
    if (!file)
    {
        std::cerr << "cannot read " << name << std::endl;
        std::exit(1);
    }
    std::vector<T> values(file.tellg() / sizeof(T));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(values.data()), values.size() * sizeof(T));
    return values;
}

// Weights by source: whole columns, or only their non-zero rows where `starts` says where each begins.
class Weights
{
    const int targets;
    const std::vector<double> values;
    const std::vector<int32_t> rows, starts;

public:
    Weights(const std::string& name, int targets)
        : targets(targets), values(read<double>(name + ".values")), rows(read<int32_t>(name + ".rows")),
          starts(read<int32_t>(name + ".starts"))
    {
    }

    void send(int source, double activity, double* __restrict drive) const
    {
        if (starts.empty())
        {
            const double* __restrict column = values.data() + size_t(source) * targets;
            for (int target = 0; target < targets; target++) drive[target] += column[target] * activity;
        }
        else
            for (int32_t entry = starts[source]; entry < starts[source + 1]; entry++)
                drive[rows[entry]] += values[entry] * activity;
    }
};

}  // namespace biornn

#endif
