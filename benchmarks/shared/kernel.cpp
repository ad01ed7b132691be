// The network of speed.py in plain C++, one thread: what a program written for this one network takes.
//
//     kernel FILE      FILE holds doubles in the order in which they are read below
//
// Prints the number of spikes.
#include <cstdint>
#include <cstdio>
#include <vector>

typedef std::vector<double> Array;

static FILE* file;

static Array array(size_t size)
{
    Array values(size);
    if (std::fread(values.data(), sizeof(double), size, file) != size) return std::puts("file too short"), Array();
    return values;
}

// Sum of the bytes of splitmix64 (Steele, Lea and Flood 2014), standardised.
static inline double normal(uint64_t counter)
{
    uint64_t z = counter * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    z = (z & 0x00FF00FF00FF00FFull) + ((z >> 8) & 0x00FF00FF00FF00FFull);
    z += z >> 16;
    z += z >> 32;
    return (double(int64_t(z & 0xFFFF)) - 1020.0) * 0.0047841811;
}

template <bool noisy> static long simulate(const Array& sizes)
{
    const int units = sizes[0], neurons = sizes[1], steps = sizes[2], held = sizes[3];
    const double dt = sizes[4], approach = sizes[5], threshold = sizes[6], reset = sizes[7];
    const int silent = sizes[8];
    const size_t all = size_t(units) * neurons;
    Array v = array(all), first = array(all), rest = array(all), gain = array(all), decoder = array(all), kick = array(all);
    Array weight = array(size_t(units) * units), input = array(size_t(units) * (steps / held));
    Array rise = array(units), decay = array(units), read = array(units);
    Array x(units), rising(units), drive(units), activity(units), filtered(units);
    std::vector<int32_t> free_from(first.begin(), first.end()), rows, starts(1);
    Array entries;
    for (int source = 0; source < units; source++, starts.push_back(rows.size()))
        for (int target = 0; target < units; target++)
            if (weight[size_t(source) * units + target] != 0)
                rows.push_back(target), entries.push_back(weight[size_t(source) * units + target]);
    const bool dense = entries.size() > 0.2 * weight.size();
    long spikes = 0;
    for (int step = 0; step < steps; step++)
    {
        static std::vector<int32_t> fired;
        fired.clear();
        for (int unit = 0; unit < units; unit++)
        {
            const size_t from = size_t(unit) * neurons;
            const double state = x[unit];
            double* __restrict vs = v.data() + from;
            const double *__restrict rests = rest.data() + from, *__restrict gains = gain.data() + from;
            const double* __restrict kicks = kick.data() + from;
            const int32_t* __restrict frees = free_from.data() + from;
            int64_t over = 0;
            for (int k = 0; k < neurons; k++)
            {
                double change = approach * (rests[k] + gains[k] * state - vs[k]);
                if (noisy) change += kicks[k] * normal(uint64_t(step) * all + from + k);
                vs[k] += step >= frees[k] ? change : 0.0;
                over += vs[k] > threshold ? 1 : 0;
            }
            if (over)
                for (int k = 0; k < neurons; k++)
                    if (vs[k] > threshold) fired.push_back(from + k);
        }
        const double* now = input.data() + size_t(step / held) * units;
        for (int unit = 0; unit < units; unit++)
        {
            rising[unit] += rise[unit] * (drive[unit] / dt + now[unit] - rising[unit]);
            x[unit] += decay[unit] * (rising[unit] - x[unit]);
            filtered[unit] += read[unit] * (activity[unit] / dt - filtered[unit]);
            drive[unit] = activity[unit] = 0;
        }
        for (int32_t neuron : fired)
        {
            activity[neuron / neurons] += decoder[neuron];
            v[neuron] = reset;
            free_from[neuron] = step + 1 + silent;
        }
        spikes += fired.size();
        for (int source = 0; source < units; source++)
        {
            const double a = activity[source];
            if (a == 0) continue;
            if (dense)
                for (int target = 0; target < units; target++) drive[target] += weight[size_t(source) * units + target] * a;
            else
                for (int entry = starts[source]; entry < starts[source + 1]; entry++)
                    drive[rows[entry]] += entries[entry] * a;
        }
    }
    return spikes;
}

int main(int, char** names)
{
    file = std::fopen(names[1], "rb");
    if (!file) return std::puts("cannot read"), 1;
    const Array sizes = array(10);
    std::printf("%ld\n", sizes[9] != 0 ? simulate<true>(sizes) : simulate<false>(sizes));
}
