// A network in C++: program SEED ROWS OUT trains it on the rows of a table as a program's `train
// --seed` does, asks two handles that share its weights, and saves these.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "nn.h"
#include "small.h"

namespace {

constexpr int kFeatures = 3, kArms = 3, kBatch = 256;

struct Close {
    void operator()(Nn *net) const { nn_close(net); }
};
using Net = std::unique_ptr<Nn, Close>;

Net opened(const Nn *owner) {
    char words[NN_WORDS];
    NnOptions options = {};
    options.batch = kBatch;
    Net net(owner ? nn_share(owner, &options, words) : nn_open(&nn_model_small, &options, words));
    if (!net) throw std::runtime_error(words);
    return net;
}

void check(const Net &net, bool ok) {
    if (!ok) throw std::runtime_error(nn_words(net.get()));
}

struct Rows {
    std::vector<float> features;
    std::vector<std::int32_t> arm;

    explicit Rows(const char *path) {
        std::ifstream file(path);
        std::string line;
        std::getline(file, line);
        float x[kFeatures];
        int k;
        while (std::getline(file, line) &&
               std::sscanf(line.c_str(), "%f,%f,%f,%d", &x[0], &x[1], &x[2], &k) == 4) {
            features.insert(features.end(), x, x + kFeatures);
            arm.push_back(k);
        }
    }

    int size() const { return static_cast<int>(arm.size()); }
};

void train(const Net &net, const Rows &rows, std::uint64_t seed) {
    std::vector<const void *> fields(NN_SMALL_FIELDS);
    fields[NN_SMALL_FIELD_FEATURES] = rows.features.data();
    check(net, nn_measure(net.get(), rows.size(), fields.data()));
    check(net, nn_init(net.get(), seed));
    NnTraining training = {};
    training.samples = rows.size();
    training.seed = seed;
    check(net, nn_begin(net.get(), &training));
    std::vector<int> order(rows.arm.size());
    std::vector<float> features(kBatch * kFeatures);
    std::vector<std::int32_t> arm(kBatch);
    fields[NN_SMALL_FIELD_FEATURES] = features.data();
    fields[NN_SMALL_FIELD_ARM] = arm.data();
    int first = 0;
    for (int n; (n = nn_wanted(net.get())) > 0; first = (first + n) % rows.size()) {
        if (first == 0) check(net, nn_order(net.get(), order.data()));
        for (int i = 0; i < n; i++) {
            const int row = order[static_cast<std::size_t>(first + i)];
            for (int k = 0; k < kFeatures; k++)
                features[static_cast<std::size_t>(i * kFeatures + k)] =
                    rows.features[static_cast<std::size_t>(row * kFeatures + k)];
            arm[static_cast<std::size_t>(i)] = rows.arm[static_cast<std::size_t>(row)];
        }
        double loss;
        check(net, nn_train_step(net.get(), n, fields.data(), &loss));
    }
    check(net, nn_end(net.get()));
}

std::vector<float> ask(const Net &net, const Rows &rows) {
    std::vector<const void *> fields(NN_SMALL_FIELDS);
    std::vector<float *> predictions(NN_SMALL_PREDICTIONS);
    std::vector<float> p(static_cast<std::size_t>(rows.size() * kArms));
    fields[NN_SMALL_FIELD_FEATURES] = rows.features.data();
    predictions[NN_SMALL_PREDICTION_P] = p.data();
    check(net, nn_predict(net.get(), rows.size(), fields.data(), predictions.data()));
    return p;
}

} // namespace

int main(int argc, char **argv) try {
    if (argc != 4) return 2;
    const Rows rows(argv[2]);
    const Net net = opened(nullptr);
    train(net, rows, std::strtoull(argv[1], nullptr, 10));
    const std::vector<float> p = ask(net, rows);
    if (ask(opened(net.get()), rows) != p)
        throw std::runtime_error("a second handle has other answers");
    check(net, nn_save(net.get(), argv[3]));
    for (std::size_t i = 0; i < p.size(); i += kArms)
        std::printf("%.9g %.9g %.9g\n", p[i], p[i + 1], p[i + 2]);
    return 0;
} catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    return 1;
}
