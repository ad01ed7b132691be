// What a program reads from files when it runs, and what it writes while it runs, because its size is not known before.
#ifndef BIORNN_FILES_H
#define BIORNN_FILES_H

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>
#ifndef _WIN32
#include <unistd.h>
#endif

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

// The number of neurons of a bank: a program serves any.
template <int bank> int32_t neurons()
{
    static const int32_t size = read<int32_t>("bank_" + std::to_string(bank) + "_neurons.size")[0];
    return size;
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

// A file written while the program runs. A full disk must not pass for silence. No destructors after a failure: they
// would write again.
class File
{
    std::FILE* const file;

    static void fail()
    {
        std::cerr << "cannot write results: " << std::strerror(errno) << std::endl;
        std::_Exit(1);
    }

public:
    explicit File(const std::string& name) : file(std::fopen(name.c_str(), "wb"))
    {
        if (!file) fail();
        std::setvbuf(file, nullptr, _IOFBF, 1 << 16);
    }

    ~File()
    {
        if (std::fclose(file)) fail();
    }

    template <class T> void add(const T* values, size_t count)
    {
        if (std::fwrite(values, sizeof *values, count, file) != count) fail();
    }
};

// Neurons that spike, one after another, and their number in each step.
class Recorder
{
    File neurons, counts;

public:
    explicit Recorder(const std::string& name) : neurons(name + ".neurons"), counts(name + ".counts") {}

    void add(const int32_t* spikes, int32_t count)
    {
        counts.add(&count, 1);
        neurons.add(spikes, count);
    }
};

// Values of chosen members of a group, one row for each step.
class Tracer
{
    const std::vector<int32_t> chosen;
    std::vector<double> row;
    File file;

public:
    Tracer(const std::string& chosen, const std::string& name)
        : chosen(read<int32_t>(chosen)), row(this->chosen.size()), file(name)
    {
    }

    void add(const double* values)
    {
        for (size_t place = 0; place < row.size(); place++) row[place] = values[chosen[place]];
        file.add(row.data(), row.size());
    }
};

// Nobody reads the results of a program whose parent has died; it may have died before this program began.
inline void end_with_parent()
{
#ifndef _WIN32
    static const char* const told = std::getenv("BIORNN_PARENT");
    static const pid_t parent = told ? std::atol(told) : getppid();
    if (getppid() != parent) std::_Exit(1);
#endif
}

}  // namespace biornn

#endif
