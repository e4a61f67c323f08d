/* Words of PyTorch: nngen's name for each, or that nngen has no such function yet. Either helps
 * more than a word of similar spelling. */
#include <ctype.h>
#include <string.h>

#include "front.h"

/* Of words of one line the first is nngen's. */
static const char *const other_names[][2] = {
    {"concat", "cat"},
    {"concat", "concatenate"},
    {"linear", "dense"},
    {"cross_entropy", "softmax_cross_entropy"},
    {"bce_with_logits", "binary_cross_entropy_with_logits"},
    {"bce_with_logits", "binary_cross_entropy"},
    {"bce_with_logits", "bce"},
    {"equal", "eq"},
    {"less_equal", "le"},
    {"less", "lt"},
    {"greater_equal", "ge"},
    {"greater", "gt"},
    {"matmul", "mm"},
    {"matmul", "bmm"},
    {"reshape", "view"},
    {"reshape", "squeeze"},
    {"reshape", "unsqueeze"},
    {"silu", "swish"},
    {"slice", "narrow"},
    {"split", "chunk"},
    {"x ^ y", "pow"},
};

/* Words of PyTorch that nngen lacked when the list was made. Those that it has by now are found as
 * words of nn before anyone looks here. */
static const char *const missing[] = {
    "acos",
    "adadelta",
    "adamax",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "all",
    "alpha_dropout",
    "any",
    "argmin",
    "argsort",
    "asin",
    "atan",
    "avg_pool1d",
    "avg_pool3d",
    "batch_norm3d",
    "bilinear",
    "ceil",
    "celu",
    "conv1d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosh",
    "cosine_embedding",
    "ctc",
    "cumsum",
    "dropout1d",
    "dropout3d",
    "einsum",
    "embedding",
    "erf",
    "eye",
    "flip",
    "floor",
    "fold",
    "full",
    "gather",
    "gaussian_nll",
    "glu",
    "gru",
    "hardshrink",
    "hardtanh",
    "identity",
    "index_select",
    "instance_norm1d",
    "interpolate",
    "lbfgs",
    "linspace",
    "lion",
    "local_response_norm",
    "logsigmoid",
    "lstm",
    "margin_ranking",
    "masked_fill",
    "matmul",
    "max_pool1d",
    "max_pool3d",
    "median",
    "multihead_attention",
    "norm",
    "normalize",
    "not_equal",
    "ones_like",
    "outer",
    "pad",
    "permute",
    "pixel_shuffle",
    "poisson_nll",
    "prod",
    "radam",
    "reciprocal",
    "reshape",
    "rnn",
    "roll",
    "round",
    "rprop",
    "rsqrt",
    "scaled_dot_product_attention",
    "scatter",
    "select",
    "selu",
    "sign",
    "sinh",
    "softmax2d",
    "softmin",
    "softshrink",
    "softsign",
    "sort",
    "split",
    "square",
    "stack",
    "std",
    "tan",
    "threshold",
    "transformer",
    "transformer_encoder",
    "transpose",
    "tril",
    "triplet_margin",
    "triu",
    "unflatten",
    "unfold",
    "upsample",
    "var",
    "zeros_like",
};

static const char *const missing_options[] = {
    "affine",         "ceil_mode",    "count_include_pad", "divisor_override", "maximize",
    "output_padding", "padding_mode", "return_indices",    "weight",
};

/* Drops the differences between Conv2d and conv2d, and between MSELoss, mse_loss and mse. */
static void fold(char out[MAX_NAME + 1], const char *word) {
    size_t n = 0;
    for (; *word && n < MAX_NAME; word++)
        if (*word != '_') out[n++] = (char)tolower((unsigned char)*word);
    if (*word) n = 0; /* longer than any word of these lists */
    if (n > 4 && memcmp(out + n - 4, "loss", 4) == 0) n -= 4;
    out[n] = '\0';
}

bool pytorch_same_word(const char *a, const char *b) {
    char x[MAX_NAME + 1], y[MAX_NAME + 1];
    fold(x, a);
    fold(y, b);
    return *x && strcmp(x, y) == 0;
}

const char *pytorch_word(const char *word) {
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
        if (pytorch_same_word(word, other_names[i][1])) return other_names[i][0];
    return NULL;
}

const char *pytorch_option(const char *key) {
    static const char *const words[][2] = {{"kernel_size", "kernel"},
                                           {"size", "kernel"},
                                           {"pool_size", "kernel"},
                                           {"strides", "stride"},
                                           {"filters", "out"},
                                           {"out_channels", "out"},
                                           {"units", "out"},
                                           {"out_features", "out"},
                                           {"channels", "out"},
                                           {"features", "out"},
                                           {"rate", "p"},
                                           {"negative_slope", "slope"},
                                           {"alpha", "slope"},
                                           {"learning_rate", "lr"},
                                           {"betas", "beta1"},
                                           {"epsilon", "eps"},
                                           {"rho", "alpha"},
                                           {"use_bias", "bias"},
                                           {"batch_size", "batch"},
                                           {"opt", "optimizer"},
                                           {"dataset", "data"},
                                           {"clip_norm", "clip_grad_norm"},
                                           {"max_norm", "clip_grad_norm"},
                                           {"max_grad_norm", "clip_grad_norm"},
                                           {"clip_value", "clip_grad_value"},
                                           {"param_groups", "groups"},
                                           {"num_groups", "groups"},
                                           {"params", "match"},
                                           {"phases", "train"},
                                           {"outputs", "predict"},
                                           {"predictions", "predict"},
                                           {"initializer", "init"},
                                           {"dim", "axis"},
                                           {"keepdims", "keepdim"},
                                           {"num_embeddings", "num"},
                                           {"embedding_dim", "dim"},
                                           {"hidden_size", "hidden"},
                                           {"num_layers", "layers"},
                                           {"num_heads", "heads"},
                                           {"is_causal", "causal"},
                                           {"elementwise_affine", "affine"},
                                           {"scale_factor", "scale"},
                                           {"upscale_factor", "factor"},
                                           {"output_size", "size"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i][0], key)) return words[i][1];
    return key;
}

bool pytorch_only_word(const char *word) {
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (pytorch_same_word(word, missing[i])) return true;
    return false;
}

bool pytorch_only_option(const char *word) {
    for (size_t i = 0; i < sizeof missing_options / sizeof *missing_options; i++)
        if (strcmp(word, missing_options[i]) == 0) return true;
    return false;
}
