// Batches of standardised images prepared on a thread of their own while the last training step runs.
#include "bridge.h"
#include "slots.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/BFloat16.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace nascent {

namespace {

/// out[n] = (images[index[n]] / 255 − mean) / deviation by channel, through a table of 256 values each.
class BatchStream {
 public:
  BatchStream(at::Tensor images, at::Tensor labels, const std::vector<double>& mean, const std::vector<double>& deviation,
              bool channels_last)
      : images_(std::move(images)), labels_(std::move(labels)), channels_last_(channels_last) {
    channels_ = images_.size(1);
    table_.resize(channels_ * 256);
    for (int64_t c = 0; c < channels_; c++)
      for (int64_t v = 0; v < 256; v++)
        table_[c * 256 + v] = static_cast<float>((v / 255.0 - mean[c]) / deviation[c]);
    thread_ = std::thread([this] { work(); });
  }
  ~BatchStream() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  struct Batch {
    std::vector<int64_t> indices;
    at::Tensor images, labels;
  };

  /// Memory is taken on the caller's thread, so that the order of allocations never depends on timing.
  void prepare(std::vector<int64_t> indices) {
    auto count = images_.size(0);
    for (auto index : indices)
      if (index < 0 || index >= count)
        fail("BAD_ARGUMENT", "index " + std::to_string(index) + " is outside the " + std::to_string(count) + " images");
    Batch batch;
    auto size = static_cast<int64_t>(indices.size());
    auto format = channels_last_ ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    batch.images = at::empty({size, channels_, images_.size(2), images_.size(3)},
                             at::TensorOptions().dtype(at::kFloat).memory_format(format));
    batch.labels = at::empty({size}, at::TensorOptions().dtype(at::kLong));
    batch.indices = std::move(indices);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      asked_.push_back(std::move(batch));
      outstanding_++;
    }
    changed_.notify_all();
  }

  Batch take() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (outstanding_ == 0) fail("BAD_ARGUMENT", "no batch has been prepared: call prepare(indices) before take()");
    changed_.wait(lock, [this] { return !ready_.empty(); });
    auto batch = std::move(ready_.front());
    ready_.pop_front();
    outstanding_--;
    return batch;
  }

 private:
  void work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return closing_ || !asked_.empty(); });
      if (closing_) return;
      auto batch = std::move(asked_.front());
      asked_.pop_front();
      lock.unlock();
      fill(batch);
      lock.lock();
      ready_.push_back(std::move(batch));
      changed_.notify_all();
    }
  }

  void fill(Batch& batch) const {
    const int64_t area = images_.size(2) * images_.size(3);
    const uint8_t* source = images_.data_ptr<uint8_t>();
    const int64_t* labels = labels_.data_ptr<int64_t>();
    float* target = batch.images.data_ptr<float>();
    int64_t* classes = batch.labels.data_ptr<int64_t>();
    for (size_t n = 0; n < batch.indices.size(); n++) {
      const uint8_t* image = source + batch.indices[n] * channels_ * area;
      float* out = target + static_cast<int64_t>(n) * channels_ * area;
      for (int64_t c = 0; c < channels_; c++) {
        const float* values = table_.data() + c * 256;
        const uint8_t* plane = image + c * area;
        if (channels_last_)
          for (int64_t p = 0; p < area; p++) out[p * channels_ + c] = values[plane[p]];
        else
          for (int64_t p = 0; p < area; p++) out[c * area + p] = values[plane[p]];
      }
      classes[n] = labels[batch.indices[n]];
    }
  }

  const at::Tensor images_, labels_;
  const bool channels_last_;
  int64_t channels_;
  std::vector<float> table_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> asked_, ready_;
  size_t outstanding_ = 0;
  bool closing_ = false;
  std::thread thread_;
};

std::unordered_map<int64_t, std::unique_ptr<BatchStream>>& streams() {
  static auto* table = new std::unordered_map<int64_t, std::unique_ptr<BatchStream>>;
  return *table;
}
int64_t next_stream = 1;

BatchStream& stream_of(napi_env env, napi_value handle) {
  auto found = streams().find(to_int(env, handle));
  if (found == streams().end()) fail("TENSOR_DISPOSED", "the batch stream has been disposed");
  return *found->second;
}

/// openBatches(images uint8 [N,C,H,W], labels int64 [N], mean, deviation, channelsLast): a handle
napi_value open_batches(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  at::Tensor images = tensor_of(env, args[0]), labels = tensor_of(env, args[1]);
  auto mean = to_numbers(env, args[2]), deviation = to_numbers(env, args[3]);
  if (images.dim() != 4 || images.scalar_type() != at::kByte || !images.is_cpu())
    fail("SHAPE_MISMATCH", "images must be uint8[N, C, H, W] on the CPU, found " + describe(images));
  if (labels.dim() != 1 || labels.scalar_type() != at::kLong || labels.size(0) != images.size(0) || !labels.is_cpu())
    fail("SHAPE_MISMATCH", "labels must be int64[" + std::to_string(images.size(0)) + "] on the CPU, found " + describe(labels));
  if (mean.size() != static_cast<size_t>(images.size(1)) || deviation.size() != mean.size())
    fail("SHAPE_MISMATCH", "mean and standard deviation need one value for each of the " +
                               std::to_string(images.size(1)) + " channels");
  for (double d : deviation)
    if (!(d > 0)) fail("BAD_ARGUMENT", "a standard deviation must be positive");
  auto stream = std::make_unique<BatchStream>(images.contiguous(), labels.contiguous(), mean, deviation, to_bool(env, args[4]));
  streams().emplace(next_stream, std::move(stream));
  return from_number(env, next_stream++);
}
napi_value prepare_batch(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  stream_of(env, args[0]).prepare(to_ints(env, args[1]));
  return nullptr;
}
napi_value take_batch(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  auto batch = stream_of(env, args[0]).take();
  napi_value result;
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, from_tensor(env, std::move(batch.images)));
  napi_set_element(env, result, 1, from_tensor(env, std::move(batch.labels)));
  return result;
}
napi_value close_batches(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  streams().erase(to_int(env, args[0]));
  return nullptr;
}

} // namespace

void export_batches(napi_env env, napi_value exports) {
  NASCENT_EXPORT("openBatches", open_batches);
  NASCENT_EXPORT("prepareBatch", prepare_batch);
  NASCENT_EXPORT("takeBatch", take_batch);
  NASCENT_EXPORT("closeBatches", close_batches);
}

} // namespace nascent
