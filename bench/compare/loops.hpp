// What oneDNN does not do, or only slower: flat loops that the compiler turns into vector code.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

// Keeps an element where its hash is not below `threshold`.
inline void dropout(float *y, size_t n, uint32_t key, float p) {
    const auto threshold = static_cast<uint32_t>(p * 16777216.0f) << 8;
    const float scale = 1.0f / (1.0f - p);
    for (size_t i = 0; i < n; i++) {
        uint32_t hash = (static_cast<uint32_t>(i) * 0x9e3779b1u) ^ key;
        hash = (hash ^ hash >> 16) * 0x7feb352du;
        hash ^= hash >> 15;
        y[i] = hash >= threshold ? y[i] * scale : 0.0f;
    }
}

// Backward through ReLU and dropout: what came out as zero passes no gradient.
inline void gate(float *gradient, const float *y, size_t n, float scale) {
    for (size_t i = 0; i < n; i++) gradient[i] = y[i] > 0.0f ? gradient[i] * scale : 0.0f;
}

// Cross-entropy of rows of logits and its gradient for a mean over `samples`.
inline double cross_entropy(const float *logits, const int32_t *labels, float *gradient, int rows,
                            int classes, int samples) {
    const float share = 1.0f / static_cast<float>(samples);
    double loss = 0;
    for (int r = 0; r < rows; r++, logits += classes, gradient += classes) {
        float top = logits[0], sum = 0;
        for (int c = 1; c < classes; c++) top = logits[c] > top ? logits[c] : top;
        for (int c = 0; c < classes; c++) gradient[c] = std::exp(logits[c] - top);
        for (int c = 0; c < classes; c++) sum += gradient[c];
        loss += std::log(sum) + top - logits[labels[r]];
        const float factor = share / sum;
        for (int c = 0; c < classes; c++) gradient[c] *= factor;
        gradient[labels[r]] -= share;
    }
    return loss / samples;
}

inline void argmax(const float *logits, int *best, int rows, int classes) {
    for (int r = 0; r < rows; r++, logits += classes) {
        best[r] = 0;
        for (int c = 1; c < classes; c++)
            if (logits[c] > logits[best[r]]) best[r] = c;
    }
}

// PyTorch's Adam with its default constants; `step` counts from 1.
inline void adam(float *p, const float *g, float *m, float *v, size_t n, int64_t step) {
    const auto t = static_cast<double>(step);
    const auto rate = static_cast<float>(1e-3 / (1 - std::pow(0.9, t)));
    const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, t)));
    for (size_t i = 0; i < n; i++) {
        m[i] = 0.9f * m[i] + 0.1f * g[i];
        v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
        p[i] -= rate * m[i] / (std::sqrt(v[i]) * root + 1e-8f);
    }
}
