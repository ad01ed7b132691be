// What a program reads from files when it runs, and what it writes while it runs, because its size is not known before.
#ifndef BIORNN_FILES_H
#define BIORNN_FILES_H

#include <cstdint>
#include <cstdio>
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

// Neurons that spike, one after another, and their number in each step.
class Recorder
{
    std::FILE *const neurons, *const counts;

    static std::FILE* create(const std::string& name)
    {
        std::FILE* file = std::fopen(name.c_str(), "wb");
        if (!file) fail();
        return file;
    }

    // A full disk must not pass for silence. No destructors: they would write again.
    static void fail()
    {
        std::cerr << "cannot write spikes: is the disk of the folder for temporary files full?" << std::endl;
        std::_Exit(1);
    }

public:
    explicit Recorder(const std::string& name) : neurons(create(name + ".neurons")), counts(create(name + ".counts"))
    {
        std::setvbuf(neurons, nullptr, _IOFBF, 1 << 16);
    }

    ~Recorder()
    {
        if (std::fclose(neurons) || std::fclose(counts)) fail();
    }

    void add(const int32_t* spikes, int32_t count)
    {
        if (std::fwrite(&count, sizeof count, 1, counts) != 1) fail();
        if (std::fwrite(spikes, sizeof *spikes, count, neurons) != size_t(count)) fail();
    }
};

}  // namespace biornn

#endif
