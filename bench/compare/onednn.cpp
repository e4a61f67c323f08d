// The digit net and the mlp of arch/ by oneDNN.
//
//   onednn version
//   onednn check MODEL WEIGHTS DATA GRADIENTS   loss and gradients against those of a file, over
//                                               the first ten samples, without dropout
//   onednn bench MODEL BATCH WEIGHTS DATA SECONDS
//       median microseconds of a training step and of an inference, FMA peak of the run in GFLOP/s

#include <xmmintrin.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "net.hpp"
#include "peak.h"

namespace {

struct Model {
    const char *name;
    std::vector<LayerSpec> layers;
    int images; // of each sample, all through the same layers; 0: both side by side as one vector
    int classes;
    float dropout;
};

const Model models[] = {
    {"digit",
     {{"conv1", true, 32},
      {"conv2", true, 64},
      {"fc1", false, 120},
      {"fc2", false, 84},
      {"digit", false, 10}},
     2,
     10,
     0.3f},
    {"mlp",
     {{"fc1", false, 264},
      {"fc2", false, 120},
      {"fc3", false, 84},
      {"fc4", false, 10},
      {"fc5", false, 2}},
     0,
     2,
     0.0f},
};

constexpr int pixels = 14 * 14;

// The net with the first `batch` samples of the data.
class Task {
  public:
    Task(const Model &m, int n, const Tensors &data, bool training, float dropout_rate)
        : model(m), batch(n), rows(m.images ? 2 * n : n),
          net(m.layers, m.images ? Dims{rows, 1, 14, 14} : Dims{rows, 2 * pixels}, training,
              dropout_rate) {
        for (const char *name : {"train/left", "train/right"}) {
            const auto &all = data.at(name);
            for (size_t i = 0; i < static_cast<size_t>(batch) * pixels; i++)
                pictures.push_back(all[i % all.size()]);
        }
        if (model.images) {
            add_labels(data, "train/left_digit");
            add_labels(data, "train/right_digit");
        } else {
            add_labels(data, "train/comparison");
        }
        answers.resize(static_cast<size_t>(rows));
        verdicts.resize(static_cast<size_t>(batch));
    }

    double gradient() {
        give();
        net.run_forward();
        const double loss = cross_entropy(net.logits(), labels.data(), net.logits_gradient(), rows,
                                          model.classes, batch);
        net.run_backward();
        return loss;
    }
    void train() {
        loss_seen += gradient();
        net.update();
    }
    void predict() {
        give();
        net.run_forward();
        argmax(net.logits(), answers.data(), rows, model.classes);
        for (int i = 0; i < batch && model.images; i++)
            verdicts[static_cast<size_t>(i)] =
                answers[static_cast<size_t>(i)] <= answers[static_cast<size_t>(batch + i)];
    }

    const Model &model;
    const int batch, rows;
    Net net;
    double loss_seen = 0;

  private:
    void add_labels(const Tensors &data, const char *name) {
        const auto all = as_ints(data.at(name));
        for (size_t i = 0; i < static_cast<size_t>(batch); i++)
            labels.push_back(all[i % all.size()]);
    }
    // All left images lie before all right ones: a batch already, where each is a sample of its
    // own.
    void give() {
        float *to = net.input();
        const float *left = pictures.data(), *right = left + batch * pixels;
        if (model.images) {
            std::memcpy(to, left, pictures.size() * sizeof(float));
            return;
        }
        for (int i = 0; i < batch; i++, to += 2 * pixels) {
            std::memcpy(to, left + i * pixels, pixels * sizeof(float));
            std::memcpy(to + pixels, right + i * pixels, pixels * sizeof(float));
        }
    }

    std::vector<float> pictures;
    std::vector<int32_t> labels;
    std::vector<int> answers;
    std::vector<int> verdicts;
};

int check(const Model &model, const Tensors &weights, const Tensors &data,
          const Tensors &expected) {
    Task task(model, 10, data, true, 0);
    task.net.load(weights);
    const double loss = task.gradient(), wanted = static_cast<double>(expected.at("loss")[0]);
    double worst = 0;
    for (const auto &entry : expected) {
        if (entry.first == "loss") continue;
        const auto made = task.net.gradient(entry.first);
        float most = 0, error = 0;
        for (size_t i = 0; i < made.size(); i++) {
            most = std::max(most, std::abs(entry.second[i]));
            error = std::max(error, std::abs(entry.second[i] - made[i]));
        }
        worst = std::max(worst, static_cast<double>(error / most));
    }
    const bool good = std::abs(loss - wanted) <= 1e-4 * wanted && worst <= 1e-4;
    printf("oneDNN, %s: loss %.6f, expected %.6f; worst gradient differs by %.1e: %s\n", model.name,
           loss, wanted, worst, good ? "the same work" : "NOT THE SAME WORK");
    return good ? 0 : 1;
}

double median_us(const std::function<void()> &call, double seconds) {
    for (int i = 0; i < 3; i++) call();
    std::vector<double> times;
    const double begun = seconds_now();
    while (times.size() < 2000 && (times.size() < 15 || seconds_now() - begun < seconds)) {
        const double start = seconds_now();
        call();
        times.push_back(seconds_now() - start);
    }
    std::nth_element(times.begin(), times.begin() + static_cast<long>(times.size() / 2),
                     times.end());
    return 1e6 * times[times.size() / 2];
}

void bench(const Model &model, int batch, const Tensors &weights, const Tensors &data,
           double seconds) {
    _mm_setcsr(_mm_getcsr() | 0x8040); // denormals are zero
    Task training(model, batch, data, true, model.dropout);
    Task inference(model, batch, data, false, 0);
    training.net.load(weights);
    inference.net.load(weights);
    double peak = peak_gflops();
    const double step = median_us([&] { training.train(); }, seconds);
    peak = std::max(peak, peak_gflops());
    const double infer = median_us([&] { inference.predict(); }, seconds);
    peak = std::max(peak, peak_gflops());
    printf("%.3f %.3f %.1f\n", step, infer, peak);
}

int run(int argc, char **argv) {
    const std::string command = argc > 1 ? argv[1] : "";
    if (command == "version") {
        const dnnl_version_t *version = dnnl::version();
        printf("%d.%d.%d\n", version->major, version->minor, version->patch);
        return 0;
    }
    const std::string name = argc > 2 ? argv[2] : "";
    for (const auto &model : models) {
        if (name != model.name) continue;
        if (command == "check" && argc == 6)
            return check(model, read_tensors(argv[3]), read_tensors(argv[4]),
                         read_tensors(argv[5]));
        if (command == "bench" && argc == 7) {
            bench(model, std::atoi(argv[3]), read_tensors(argv[4]), read_tensors(argv[5]),
                  std::atof(argv[6]));
            return 0;
        }
    }
    fprintf(stderr, "onednn: see the head of bench/compare/onednn.cpp for its arguments\n");
    return 2;
}

} // namespace

int main(int argc, char **argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception &error) {
        fprintf(stderr, "onednn: %s\n", error.what());
        return 1;
    }
}
