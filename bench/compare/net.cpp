#include "net.hpp"

#include <stdexcept>

namespace {
constexpr size_t capacity = 1 << 20; // floats; the nets here need a seventh

float *zeros() {
    auto *p = static_cast<float *>(std::aligned_alloc(64, capacity * sizeof(float)));
    if (!p) throw std::bad_alloc();
    std::memset(p, 0, capacity * sizeof(float));
    return p;
}

dnnl::primitive_attr with_relu(bool relu) {
    dnnl::primitive_attr attributes;
    if (relu) {
        dnnl::post_ops post;
        post.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
        attributes.set_post_ops(post);
    }
    return attributes;
}

constexpr auto direct = dnnl::algorithm::convolution_direct;
const Dims stride{1, 1}, padding{0, 0}, window{2, 2};
} // namespace

Net::Net(const std::vector<LayerSpec> &specs, const Dims &input, bool is_training,
         float dropout_rate)
    : training(is_training), rate(dropout_rate), values(zeros()), gradients(zeros()),
      first_moments(zeros()), second_moments(zeros()) {
    memory x = make(plain(input));
    layers.reserve(specs.size());
    for (const auto &spec : specs) x = add_layer(spec, x, &spec == &specs.back());
    plain_logits = in_format(forward, x, plain(x.get_desc().dims()));
    if (!training) return;
    plain_logits_gradient = make(plain_logits.get_desc());
    memory dy = plain_logits_gradient;
    for (size_t i = layers.size(); i-- > 0;)
        dy = add_backward(layers[i], dy, i + 1 == layers.size(), i == 0);
}

size_t Net::add_param(const std::string &name, const Dims &dims, const memory::desc &desc) {
    const size_t size = (desc.get_size() / sizeof(float) + 15) / 16 * 16;
    if (used + size > capacity) throw std::runtime_error("net too large");
    params.push_back({name, memory(desc, engine, values.get() + used),
                      memory(desc, engine, gradients.get() + used), dims});
    used += size;
    return params.size() - 1;
}

memory Net::add_layer(const LayerSpec &spec, const memory &given, bool last) {
    layers.emplace_back();
    Layer &layer = layers.back();
    layer.spec = spec;
    layer.given = given;
    const Dims in = given.get_desc().dims();
    const auto kind =
        training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
    const auto attributes = with_relu(!last);
    memory::desc src, weights, dst;
    if (spec.conv) {
        layer.weight_dims = {spec.out, in[1], 3, 3};
        layer.conv = {{kind, direct, any(in), any(layer.weight_dims), any({spec.out}),
                       any({in[0], spec.out, in[2] - 2, in[3] - 2}), stride, padding, padding},
                      attributes,
                      engine};
        src = layer.conv.src_desc(), weights = layer.conv.weights_desc();
        dst = layer.conv.dst_desc();
    } else {
        layer.weight_dims = in;
        layer.weight_dims[0] = spec.out;
        layer.linear = {
            {kind, any(in), any(layer.weight_dims), any({spec.out}), any({in[0], spec.out})},
            attributes,
            engine};
        src = layer.linear.src_desc(), weights = layer.linear.weights_desc();
        dst = layer.linear.dst_desc();
    }
    layer.weight_param = add_param(spec.name + ".weight", layer.weight_dims, weights);
    layer.bias_param = add_param(spec.name + ".bias", {spec.out}, plain({spec.out}));
    layer.src = in_format(forward, given, src);
    layer.weights = params[layer.weight_param].value;
    layer.bias = params[layer.bias_param].value;
    layer.y = layer.dst = make(dst);
    const Args args{{DNNL_ARG_SRC, layer.src},
                    {DNNL_ARG_WEIGHTS, layer.weights},
                    {DNNL_ARG_BIAS, layer.bias},
                    {DNNL_ARG_DST, layer.dst}};
    if (spec.conv)
        add(forward, dnnl::convolution_forward(layer.conv), args);
    else
        add(forward, dnnl::inner_product_forward(layer.linear), args);
    if (spec.conv) {
        const Dims wide = dst.dims();
        layer.pool = {{kind, dnnl::algorithm::pooling_max, dst,
                       any({wide[0], wide[1], wide[2] / 2, wide[3] / 2}), window, window, padding,
                       padding},
                      engine};
        layer.y = make(layer.pool.dst_desc());
        Args pool_args{{DNNL_ARG_SRC, layer.dst}, {DNNL_ARG_DST, layer.y}};
        if (training) {
            layer.workspace = make(layer.pool.workspace_desc());
            pool_args[DNNL_ARG_WORKSPACE] = layer.workspace;
        }
        add(forward, dnnl::pooling_forward(layer.pool), pool_args);
    }
    if (training && rate > 0 && !last)
        forward.push_back([this, y = layer.y, salt = static_cast<uint32_t>(layers.size())] {
            dropout(floats(y), count(y), key ^ salt * 0x85ebca6bu, rate);
        });
    return layer.y;
}

memory Net::add_backward(Layer &layer, const memory &dy, bool last, bool first) {
    memory d = in_format(backward, dy, layer.y.get_desc());
    if (!last)
        backward.push_back([this, d, y = layer.y] {
            gate(floats(d), floats(y), count(y), rate > 0 ? 1 / (1 - rate) : 1.0f);
        });
    if (layer.spec.conv) {
        const memory wide = make(layer.dst.get_desc());
        const dnnl::pooling_backward::primitive_desc pool{{dnnl::algorithm::pooling_max,
                                                           wide.get_desc(), d.get_desc(), window,
                                                           window, padding, padding},
                                                          engine,
                                                          layer.pool};
        add(backward, dnnl::pooling_backward(pool),
            {{DNNL_ARG_DIFF_DST, d},
             {DNNL_ARG_WORKSPACE, layer.workspace},
             {DNNL_ARG_DIFF_SRC, wide}});
        d = wide;
    }
    weight_gradient(layer, d);
    return first ? memory() : input_gradient(layer, d);
}

void Net::weight_gradient(Layer &layer, const memory &dy) {
    const Dims in = layer.src.get_desc().dims(), out = dy.get_desc().dims();
    const Dims bias{layer.spec.out};
    memory::desc src, weights, dst;
    dnnl::primitive primitive;
    if (layer.spec.conv) {
        const dnnl::convolution_backward_weights::primitive_desc desc{
            {direct, any(in), any(layer.weight_dims), any(bias), any(out), stride, padding,
             padding},
            engine,
            layer.conv};
        src = desc.src_desc(), weights = desc.diff_weights_desc(), dst = desc.diff_dst_desc();
        primitive = dnnl::convolution_backward_weights(desc);
    } else {
        const dnnl::inner_product_backward_weights::primitive_desc desc{
            {any(in), any(layer.weight_dims), any(bias), any(out)}, engine, layer.linear};
        src = desc.src_desc(), weights = desc.diff_weights_desc(), dst = desc.diff_dst_desc();
        primitive = dnnl::inner_product_backward_weights(desc);
    }
    const memory &gradient = params[layer.weight_param].gradient;
    const memory made = weights == gradient.get_desc() ? gradient : make(weights);
    add(backward, primitive,
        {{DNNL_ARG_SRC, in_format(backward, layer.src, src)},
         {DNNL_ARG_DIFF_DST, in_format(backward, dy, dst)},
         {DNNL_ARG_DIFF_WEIGHTS, made},
         {DNNL_ARG_DIFF_BIAS, params[layer.bias_param].gradient}});
    if (made != gradient)
        add(backward, dnnl::reorder(made, gradient),
            {{DNNL_ARG_FROM, made}, {DNNL_ARG_TO, gradient}});
}

memory Net::input_gradient(Layer &layer, const memory &dy) {
    const Dims in = layer.src.get_desc().dims(), out = dy.get_desc().dims();
    memory::desc src, weights, dst;
    dnnl::primitive primitive;
    if (layer.spec.conv) {
        const dnnl::convolution_backward_data::primitive_desc desc{
            {direct, any(in), any(layer.weight_dims), any(out), stride, padding, padding},
            engine,
            layer.conv};
        src = desc.diff_src_desc(), weights = desc.weights_desc(), dst = desc.diff_dst_desc();
        primitive = dnnl::convolution_backward_data(desc);
    } else {
        const dnnl::inner_product_backward_data::primitive_desc desc{
            {any(in), any(layer.weight_dims), any(out)}, engine, layer.linear};
        src = desc.diff_src_desc(), weights = desc.weights_desc(), dst = desc.diff_dst_desc();
        primitive = dnnl::inner_product_backward_data(desc);
    }
    memory dx = make(src);
    add(backward, primitive,
        {{DNNL_ARG_DIFF_DST, in_format(backward, dy, dst)},
         {DNNL_ARG_WEIGHTS, in_format(derive, layer.weights, weights)},
         {DNNL_ARG_DIFF_SRC, dx}});
    return dx;
}

void Net::update() {
    adam(values.get(), gradients.get(), first_moments.get(), second_moments.get(), used, ++step);
    run(derive);
    key = key * 1664525u + 1013904223u;
}

void Net::load(const Tensors &weights) {
    for (auto &param : params) {
        const auto found = weights.find(param.name);
        memory from = make(plain(param.dims));
        if (found == weights.end() || found->second.size() != count(from))
            throw std::runtime_error("no weights that fit " + param.name);
        std::memcpy(floats(from), found->second.data(), count(from) * sizeof(float));
        dnnl::reorder(from, param.value).execute(stream, from, param.value);
    }
    run(derive);
}

std::vector<float> Net::gradient(const std::string &name) const {
    for (const auto &param : params)
        if (param.name == name) {
            memory from = param.gradient, to(plain(param.dims), engine);
            dnnl::stream copies(engine);
            dnnl::reorder(from, to).execute(copies, from, to);
            return {floats(to), floats(to) + count(to)};
        }
    throw std::runtime_error("no parameter " + name);
}
