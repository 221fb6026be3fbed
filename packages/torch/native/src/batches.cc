// Batches of images prepared on a thread of their own while the last training step runs.
#include "bridge.h"
#include "image-transform.h"
#include "slots.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace nascent {

namespace {

/// Time that the calling thread has spent on a processor, in seconds; wall-clock time where nobody counts that.
double thread_seconds() {
#ifdef CLOCK_THREAD_CPUTIME_ID
  timespec now;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0) return now.tv_sec + now.tv_nsec / 1e9;
#endif
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What may be done to an image on the way.
struct StreamOptions {
  Whitening whitening;
  int64_t enlarged_height, enlarged_width;
  bool channels_last;
};

class BatchStream {
 public:
  BatchStream(at::Tensor images, at::Tensor labels, const StreamOptions& options)
      : images_(std::move(images)),
        labels_(std::move(labels)),
        options_(options),
        shape_{images_.size(1), images_.size(2), images_.size(3)},
        transform_(shape_, options.enlarged_height, options.enlarged_width, options.whitening, options.channels_last) {
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
    std::vector<Placement> placements; // empty: the images as they are
    at::Tensor images, labels;
  };

  /// Memory is taken on the caller's thread, so that the order of allocations never depends on timing.
  void prepare(std::vector<int64_t> indices, std::vector<Placement> placements) {
    refuse_bad_indices(indices);
    refuse_bad_placements(placements);
    Batch batch;
    auto size = static_cast<int64_t>(indices.size());
    auto format = options_.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    batch.images = at::empty({size, shape_.channels, shape_.height, shape_.width},
                             at::TensorOptions().dtype(at::kFloat).memory_format(format));
    batch.labels = at::empty({size}, at::TensorOptions().dtype(at::kLong));
    batch.indices = std::move(indices);
    batch.placements = std::move(placements);
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

  double busy_seconds() {
    std::lock_guard<std::mutex> lock(mutex_);
    return busy_seconds_;
  }

 private:
  void refuse_bad_indices(const std::vector<int64_t>& indices) const {
    auto count = images_.size(0);
    for (auto index : indices)
      if (index < 0 || index >= count)
        fail("BAD_ARGUMENT", "index " + std::to_string(index) + " is outside the " + std::to_string(count) + " images");
  }
  void refuse_bad_placements(const std::vector<Placement>& placements) const {
    const int64_t tops = options_.enlarged_height - shape_.height, lefts = options_.enlarged_width - shape_.width;
    for (const auto& [top, left, mirrored] : placements)
      if (top < 0 || top > tops || left < 0 || left > lefts)
        fail("BAD_ARGUMENT", "a crop at row " + std::to_string(top) + ", column " + std::to_string(left) +
                                 " leaves the enlarged image: at most " + std::to_string(tops) + ", " +
                                 std::to_string(lefts));
  }

  void work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return closing_ || !asked_.empty(); });
      if (closing_) return;
      auto batch = std::move(asked_.front());
      asked_.pop_front();
      lock.unlock();
      const double began = thread_seconds();
      fill(batch);
      const double took = thread_seconds() - began;
      lock.lock();
      busy_seconds_ += took;
      ready_.push_back(std::move(batch));
      changed_.notify_all();
    }
  }

  void fill(Batch& batch) {
    const int64_t values = shape_.channels * shape_.area();
    const uint8_t* source = images_.data_ptr<uint8_t>();
    const int64_t* labels = labels_.data_ptr<int64_t>();
    float* target = batch.images.data_ptr<float>();
    int64_t* classes = batch.labels.data_ptr<int64_t>();
    for (size_t n = 0; n < batch.indices.size(); n++) {
      const uint8_t* image = source + batch.indices[n] * values;
      float* out = target + static_cast<int64_t>(n) * values;
      if (batch.placements.empty())
        transform_.plain(image, out);
      else
        transform_.placed(image, batch.placements[n], out);
      classes[n] = labels[batch.indices[n]];
    }
  }

  const at::Tensor images_, labels_;
  const StreamOptions options_;
  const ImageShape shape_;
  ImageTransform transform_; // of the thread alone
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> asked_, ready_;
  size_t outstanding_ = 0;
  double busy_seconds_ = 0;
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

/// Far beyond any use; keeps the tables of an enlarged axis small.
constexpr int64_t largest_side = 1 << 16;

/// openBatches(images uint8 [N,C,H,W], labels int64 [N], mean or null, deviation or null, enlargedHeight,
/// enlargedWidth, channelsLast): a handle
napi_value open_batches(napi_env env, napi_callback_info info) {
  Arguments<7> args(env, info);
  at::Tensor images = tensor_of(env, args[0]), labels = tensor_of(env, args[1]);
  if (images.dim() != 4 || images.scalar_type() != at::kByte || !images.is_cpu())
    fail("SHAPE_MISMATCH", "images must be uint8[N, C, H, W] on the CPU, found " + describe(images));
  if (labels.dim() != 1 || labels.scalar_type() != at::kLong || labels.size(0) != images.size(0) || !labels.is_cpu())
    fail("SHAPE_MISMATCH", "labels must be int64[" + std::to_string(images.size(0)) + "] on the CPU, found " + describe(labels));
  const int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
  if (channels < 1 || height < 1 || width < 1 || height > largest_side || width > largest_side)
    fail("SHAPE_MISMATCH", "images need at least one pixel and no side above " + std::to_string(largest_side) +
                               ", found " + describe(images));
  StreamOptions options;
  if (!absent(env, args[2]) || !absent(env, args[3])) {
    auto& [mean, deviation] = options.whitening;
    mean = to_numbers(env, args[2]);
    deviation = to_numbers(env, args[3]);
    if (mean.size() != static_cast<size_t>(channels) || deviation.size() != mean.size())
      fail("SHAPE_MISMATCH", "mean and standard deviation need one value for each of the " +
                                 std::to_string(channels) + " channels");
    for (double d : deviation)
      if (!(d > 0)) fail("BAD_ARGUMENT", "a standard deviation must be positive");
  }
  options.enlarged_height = to_int(env, args[4]);
  options.enlarged_width = to_int(env, args[5]);
  options.channels_last = to_bool(env, args[6]);
  if (options.enlarged_height < height || options.enlarged_width < width || options.enlarged_height > largest_side ||
      options.enlarged_width > largest_side)
    fail("BAD_ARGUMENT", "images of " + std::to_string(height) + " × " + std::to_string(width) +
                             " pixels cannot be enlarged to " + std::to_string(options.enlarged_height) + " × " +
                             std::to_string(options.enlarged_width));
  auto stream = std::make_unique<BatchStream>(images.contiguous(), labels.contiguous(), options);
  streams().emplace(next_stream, std::move(stream));
  return from_number(env, next_stream++);
}

/// Three integers for each of `count` images: row and column of the crop in the enlarged image, 1 where it is
/// mirrored. None where the value is absent.
std::vector<Placement> to_placements(napi_env env, napi_value value, size_t count) {
  if (absent(env, value)) return {};
  auto numbers = to_ints(env, value);
  if (numbers.size() != 3 * count)
    fail("BAD_ARGUMENT", "placements are three integers (top, left, mirrored) for each of the " +
                             std::to_string(count) + " images, found " + std::to_string(numbers.size()));
  std::vector<Placement> placements;
  placements.reserve(numbers.size() / 3);
  for (size_t at = 0; at < numbers.size(); at += 3) {
    if (numbers[at + 2] != 0 && numbers[at + 2] != 1)
      fail("BAD_ARGUMENT", "mirrored is 0 or 1, found " + std::to_string(numbers[at + 2]));
    placements.push_back({numbers[at], numbers[at + 1], numbers[at + 2] == 1});
  }
  return placements;
}

/// prepareBatch(handle, indices, placements or null)
napi_value prepare_batch(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  auto& stream = stream_of(env, args[0]);
  auto indices = to_ints(env, args[1]);
  auto placements = to_placements(env, args[2], indices.size());
  stream.prepare(std::move(indices), std::move(placements));
  return nullptr;
}
/// batchesBusy(handle): seconds of processor time that its thread has spent on batches
napi_value batches_busy(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  return from_number(env, stream_of(env, args[0]).busy_seconds());
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
  NASCENT_EXPORT("batchesBusy", batches_busy);
  NASCENT_EXPORT("closeBatches", close_batches);
}

} // namespace nascent
