// Reads safetensors files.
#pragma once

#include <jansson.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

// Values of four bytes each: F32 as they are, I32 by as_ints.
using Tensors = std::map<std::string, std::vector<float>>;

inline Tensors read_tensors(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    uint64_t length = 0;
    if (bytes.size() < sizeof length) throw std::runtime_error(path + ": cannot be read");
    std::memcpy(&length, bytes.data(), sizeof length);
    json_t *header = length <= bytes.size() - sizeof length
                         ? json_loadb(bytes.data() + sizeof length, length, 0, nullptr)
                         : nullptr;
    if (!header) throw std::runtime_error(path + ": is no safetensors file");
    const size_t start = sizeof length + length;
    Tensors tensors;
    const char *name;
    json_t *entry;
    json_object_foreach(header, name, entry) {
        json_t *offsets = json_object_get(entry, "data_offsets");
        if (!offsets) continue;
        const auto begin = static_cast<size_t>(json_integer_value(json_array_get(offsets, 0)));
        const auto end = static_cast<size_t>(json_integer_value(json_array_get(offsets, 1)));
        if (begin > end || end > bytes.size() - start)
            throw std::runtime_error(path + ": is too short");
        std::vector<float> values((end - begin) / sizeof(float));
        std::memcpy(values.data(), bytes.data() + start + begin, values.size() * sizeof(float));
        tensors[name] = values;
    }
    json_decref(header);
    return tensors;
}

inline std::vector<int32_t> as_ints(const std::vector<float> &values) {
    std::vector<int32_t> ints(values.size());
    std::memcpy(ints.data(), values.data(), values.size() * sizeof(float));
    return ints;
}
