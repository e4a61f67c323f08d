// A chain of convolutions and linear layers, programmed with oneDNN as its manual advises: formats
// chosen by `any`, reorders only where two choices differ, ReLU fused, the max-pool's winners kept
// in its workspace, all parameters in one flat run for the optimizer.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loops.hpp"
#include "oneapi/dnnl/dnnl.hpp"
#include "tensors.hpp"

using dnnl::memory;
using Dims = memory::dims;
using Args = std::unordered_map<int, memory>;
using Steps = std::vector<std::function<void()>>;

// A layer as the architecture names it. A convolution is 3x3 without padding and followed by a 2x2
// max-pool; all layers but the last have a ReLU, then dropout if the net has it.
struct LayerSpec {
    std::string name;
    bool conv;
    int out;
};

class Net {
  public:
    Net(const std::vector<LayerSpec> &specs, const Dims &input, bool training, float dropout_rate);

    float *input() const { return floats(layers.front().given); }
    float *logits() const { return floats(plain_logits); }
    float *logits_gradient() const { return floats(plain_logits_gradient); }

    void load(const Tensors &weights);
    // The gradient of a parameter in PyTorch's order.
    std::vector<float> gradient(const std::string &name) const;

    void run_forward() { run(forward); }
    void run_backward() { run(backward); }
    void update();

  private:
    struct Param {
        std::string name;
        memory value, gradient;
        Dims dims;
    };
    struct Layer {
        LayerSpec spec;
        memory given;              // as the layer before made it
        memory src, weights, bias; // as the primitive takes them
        memory dst;                // of the contraction
        memory y, workspace;       // behind pool and dropout; dst itself without a pool
        dnnl::pooling_forward::primitive_desc pool;
        size_t weight_param, bias_param;
        Dims weight_dims;
        dnnl::convolution_forward::primitive_desc conv;
        dnnl::inner_product_forward::primitive_desc linear;
    };

    static float *floats(const memory &m) { return static_cast<float *>(m.get_data_handle()); }
    static size_t count(const memory &m) { return m.get_desc().get_size() / sizeof(float); }
    static memory::desc any(const Dims &dims) {
        return {dims, memory::data_type::f32, memory::format_tag::any};
    }
    static memory::desc plain(const Dims &dims) {
        using Tag = memory::format_tag;
        static const Tag tags[] = {Tag::undef, Tag::a, Tag::ab, Tag::abc, Tag::abcd};
        return {dims, memory::data_type::f32, tags[dims.size()]};
    }
    memory make(const memory::desc &desc) {
        memory m(desc, engine);
        std::memset(m.get_data_handle(), 0, desc.get_size());
        return m;
    }
    void add(Steps &steps, const dnnl::primitive &primitive, const Args &args) {
        steps.push_back([this, primitive, args] { primitive.execute(stream, args); });
    }
    // The same values in the format that is wanted; a step of its own only if it is another one.
    memory in_format(Steps &steps, const memory &m, const memory::desc &want) {
        if (m.get_desc() == want) return m;
        memory copy = make(want);
        add(steps, dnnl::reorder(m, copy), {{DNNL_ARG_FROM, m}, {DNNL_ARG_TO, copy}});
        return copy;
    }
    void run(const Steps &steps) {
        for (const auto &step : steps) step();
    }

    size_t add_param(const std::string &name, const Dims &dims, const memory::desc &desc);
    memory add_layer(const LayerSpec &spec, const memory &given, bool last);
    memory add_backward(Layer &layer, const memory &dy, bool last, bool first);
    void weight_gradient(Layer &layer, const memory &dy);
    memory input_gradient(Layer &layer, const memory &dy);

    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    bool training;
    float rate;
    uint32_t key = 1;
    int64_t step = 0;
    Steps forward, backward, derive;
    std::vector<Layer> layers;
    std::vector<Param> params;
    struct Free {
        void operator()(float *p) const { std::free(p); }
    };
    std::unique_ptr<float, Free> values, gradients, first_moments, second_moments;
    size_t used = 0;
    memory plain_logits, plain_logits_gradient;
};
