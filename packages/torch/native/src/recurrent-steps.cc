#include "recurrent-steps.h"

#include <ATen/ops/empty.h>

#include <vector>

namespace nascent {

namespace {

/// 64 bytes aligned, as libtorch's memory is.
template <typename T>
struct Room {
  explicit Room(int64_t count)
      : tensor(at::empty({count}, at::TensorOptions().dtype(sizeof(T) == 2 ? at::kBFloat16 : at::kFloat))) {}
  T* operator+(int64_t offset) const { return elements_to_write<T>(tensor) + offset; }
  at::Tensor tensor;
};

template <typename T>
NASCENT_INLINE void gather(const T* __restrict from, int64_t row_step, int64_t batch, int64_t columns,
                           float* __restrict to) {
  if (columns == lanes) {
    for (int64_t r = 0; r < batch; r++)
      for (int64_t j = 0; j < lanes; j++) to[r * lanes + j] = load(from + r * row_step + j);
    return;
  }
  for (int64_t r = 0; r < batch; r++)
    for (int64_t j = 0; j < lanes; j++) to[r * lanes + j] = j < columns ? load(from + r * row_step + j) : 0;
}
template <typename T>
NASCENT_INLINE void scatter(const float* __restrict from, T* __restrict to, int64_t row_step, int64_t batch,
                            int64_t columns) {
  if (columns == lanes) {
    for (int64_t r = 0; r < batch; r++)
      for (int64_t j = 0; j < lanes; j++) save(to + r * row_step + j, from[r * lanes + j]);
    return;
  }
  for (int64_t r = 0; r < batch; r++)
    for (int64_t j = 0; j < columns; j++) save(to + r * row_step + j, from[r * lanes + j]);
}
template <typename T>
NASCENT_INLINE void convert(const float* __restrict from, T* __restrict to, int64_t count) {
  for (int64_t i = 0; i < count; i++) save(to + i, from[i]);
}

#define NASCENT_KERNELS(T)                                                                                             \
  NASCENT_CLONES void run_gather(const T* from, int64_t row_step, int64_t batch, int64_t columns, float* to) {         \
    gather(from, row_step, batch, columns, to);                                                                        \
  }                                                                                                                    \
  NASCENT_CLONES void run_scatter(const float* from, T* to, int64_t row_step, int64_t batch, int64_t columns) {        \
    scatter(from, to, row_step, batch, columns);                                                                       \
  }                                                                                                                    \
  NASCENT_CLONES void run_convert(const float* from, T* to, int64_t count) { convert(from, to, count); }
NASCENT_KERNELS(float)
NASCENT_KERNELS(Half)
#undef NASCENT_KERNELS

NASCENT_CLONES void multiply_by(float* __restrict x, const float* __restrict factor, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] *= factor[i];
}
NASCENT_CLONES void add(float* __restrict x, const float* __restrict more, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] += more[i];
}

/// Between [batch, units] in rows and tiles, of which rows and columns outside are zero.
struct Layout {
  const RecurrentSizes& sizes;
  template <typename T>
  void read(const T* rows, int64_t row_step, int64_t tile, float* to) const {
    std::fill(to + sizes.batch * lanes, to + sizes.tile(), 0.0f);
    run_gather(rows + tile * lanes, row_step, sizes.batch, sizes.columns(tile), to);
  }
  template <typename T>
  void write(const float* from, int64_t tile, T* rows, int64_t row_step) const {
    run_scatter(from, rows + tile * lanes, row_step, sizes.batch, sizes.columns(tile));
  }
  /// As an operand of the next product. A depth that is odd is read one column further in bfloat16.
  template <typename T>
  void prepare(const float* from, int64_t tile, T* to) const {
    run_convert(from, to, sizes.tile());
    const int64_t columns = sizes.columns(tile);
    if (columns == lanes) return;
    for (int64_t r = 0; r < sizes.tile(); r += lanes) save(to + r + columns, 0.0f);
  }
};

/// Where a leaf's operands of one tile and step are: on the tape if it keeps them, else in a thread's own memory.
class LeafOperands {
 public:
  LeafOperands(const Tree& tree, const RecurrentSizes& sizes, const RecurrentTape* tape)
      : sizes_(sizes), keeping_(tree.keeping_operands()),
        kept_(tape && !keeping_.empty() ? tape->operands.data_ptr<float>() : nullptr), of_input(sizes.leaves),
        of_hidden(sizes.leaves) {}

  void place(int64_t step, int64_t tile, float* own) {
    const int64_t size = sizes_.tile(), count = static_cast<int64_t>(keeping_.size());
    for (int64_t leaf = 0; leaf < sizes_.leaves; leaf++) {
      of_input[leaf] = own ? own + 2 * leaf * size : nullptr;
      of_hidden[leaf] = own ? own + (2 * leaf + 1) * size : nullptr;
    }
    for (int64_t i = 0; kept_ && i < count; i++) {
      of_input[keeping_[i]] = kept_ + (((step * sizes_.tiles() + tile) * count + i) * 2) * size;
      of_hidden[keeping_[i]] = of_input[keeping_[i]] + size;
    }
  }

 private:
  const RecurrentSizes& sizes_;
  const std::vector<int64_t> keeping_;
  float* kept_;

 public:
  std::vector<float*> of_input, of_hidden;
};

int64_t threads_for(const RecurrentSizes& sizes) { return std::min<int64_t>(at::get_num_threads(), sizes.tiles()); }

} // namespace

template <typename T>
void run_steps(const Tree& tree, const RecurrentSizes& sizes, const T* of_input, const RecurrentOperands& operands,
               RecurrentTape* tape, float* outputs, float* cell) {
  const int64_t tiles = sizes.tiles(), tile = sizes.tile(), all = tiles * tile, rows = padded_rows(sizes.batch);
  const int64_t units = sizes.units, slots = tree.slots(), leaves = sizes.leaves, threads = threads_for(sizes);
  const int64_t cell_steps = tape ? sizes.steps + 1 : 2, panel = panel_size<T>(units);
  const Layout layout{sizes};
  const Room<T> panels(tiles * leaves * panel), states(2 * all);
  const Room<float> masks(all), own(threads * (2 * leaves + slots + 1) * tile), cells(tape ? 0 : 2 * all);
  float* cell_states = tape ? tape->cells.data_ptr<float>() : cells + 0;
  float* values = tape ? tape->values.data_ptr<float>() : nullptr;
  T* previous = tape ? elements_to_write<T>(tape->previous) : nullptr;
  std::vector<LeafOperands> placed(threads, LeafOperands(tree, sizes, tape));

  for_shares(tiles, [&](int64_t begin, int64_t end, int thread, const auto& meet) {
    auto& leaf_operands = placed[thread];
    float* scratch = own + thread * (2 * leaves + slots + 1) * tile;
    float *hidden = scratch + 2 * leaves * tile, *spare_values = hidden + tile;
    /// The hidden state of a tile, for the products of `step`.
    auto hand_on = [&](int64_t t, int64_t step) {
      if (operands.mask) multiply_by(hidden, masks + t * tile, tile);
      layout.prepare(hidden, t, states + step % 2 * all + t * tile);
      if (previous) layout.write(hidden, t, previous + step * sizes.batch * units, units);
    };
    for (int64_t t = begin; t < end; t++) {
      for (int64_t leaf = 0; leaf < leaves; leaf++)
        pack_panel(operands.weights + (leaf * units + t * lanes) * units, 1, units, units, sizes.columns(t),
                   panels + (t * leaves + leaf) * panel);
      if (operands.mask) layout.read(operands.mask, units, t, masks + t * tile);
      layout.read(operands.cell, units, t, cell_states + t * tile);
      layout.read(operands.hidden, units, t, hidden);
      hand_on(t, 0);
    }
    meet();
    for (int64_t step = 0; step < sizes.steps; step++) {
      const T* state = states + step % 2 * all;
      for (int64_t t = begin; t < end; t++) {
        leaf_operands.place(step, t, scratch);
        for (int64_t leaf = 0; leaf < leaves; leaf++) {
          layout.read(of_input + step * sizes.batch * sizes.products() + leaf * units, sizes.products(), t,
                      leaf_operands.of_input[leaf]);
          multiply_panel(state, rows, units, panels + (t * leaves + leaf) * panel, leaf_operands.of_hidden[leaf], false);
        }
        const TreeBlock block{tile, leaf_operands.of_input.data(), leaf_operands.of_hidden.data(),
                              cell_states + step % cell_steps * all + t * tile,
                              values ? values + (step * tiles + t) * slots * tile : spare_values};
        run_tree(tree, block, cell_states + (step + 1) % cell_steps * all + t * tile, hidden);
        layout.write(hidden, t, outputs + step * sizes.batch * units, units);
        if (step + 1 < sizes.steps) hand_on(t, step + 1);
      }
      meet();
    }
    for (int64_t t = begin; t < end; t++)
      layout.write(cell_states + sizes.steps % cell_steps * all + t * tile, t, cell, units);
  });
}

template <typename T>
void differentiate_steps(const Tree& tree, const RecurrentSizes& sizes, const RecurrentTape& tape,
                         const RecurrentOperands& operands, const RecurrentGradients<T>& gradients) {
  const int64_t tiles = sizes.tiles(), tile = sizes.tile(), all = tiles * tile, rows = padded_rows(sizes.batch);
  const int64_t units = sizes.units, slots = tree.slots(), leaves = sizes.leaves, threads = threads_for(sizes);
  const int64_t panel = panel_size<T>(units), last = sizes.steps - 1, state = sizes.batch * units;
  const Layout layout{sizes};
  const Room<T> panels(tiles * leaves * panel), arrived(2 * leaves * all); // gradients of the products: [leaf][tile]
  const Room<float> masks(all), cells(2 * all), own(threads * (slots + 3 + 2 * leaves) * tile);
  const float *cell_states = tape.cells.data_ptr<float>(), *values = tape.values.data_ptr<float>();
  std::vector<LeafOperands> placed(threads, LeafOperands(tree, sizes, &tape));

  for_shares(tiles, [&](int64_t begin, int64_t end, int thread, const auto& meet) {
    auto& leaf_operands = placed[thread];
    float* hidden = own + thread * (slots + 3 + 2 * leaves) * tile;
    float *more = hidden + tile, *of_hidden = more + tile, *of_input = of_hidden + leaves * tile;
    float* scratch = of_input + leaves * tile;
    /// The gradient of a tile of the hidden state before `step`.
    auto through_products = [&](int64_t t, int64_t step) {
      for (int64_t leaf = 0; leaf < leaves; leaf++)
        multiply_panel(arrived + (step % 2 * leaves + leaf) * all, rows, units, panels + (t * leaves + leaf) * panel,
                       hidden, leaf > 0);
      if (operands.mask) multiply_by(hidden, masks + t * tile, tile);
    };
    auto read_or_zero = [&](const float* from, int64_t t, float* to) {
      if (from) layout.read(from, units, t, to);
      else std::fill(to, to + tile, 0.0f);
    };
    for (int64_t t = begin; t < end; t++) {
      for (int64_t leaf = 0; leaf < leaves; leaf++)
        pack_panel(operands.weights + leaf * units * units + t * lanes, units, 1, units, sizes.columns(t),
                   panels + (t * leaves + leaf) * panel);
      if (operands.mask) layout.read(operands.mask, units, t, masks + t * tile);
      read_or_zero(gradients.cell, t, cells + (last + 1) % 2 * all + t * tile);
    }
    for (int64_t step = last; step >= 0; step--) {
      for (int64_t t = begin; t < end; t++) {
        if (step == last) read_or_zero(gradients.hidden, t, hidden);
        else through_products(t, step + 1);
        if (gradients.outputs) {
          layout.read(gradients.outputs + step * state, units, t, more);
          add(hidden, more, tile);
        }
        leaf_operands.place(step, t, nullptr);
        const TreeBlock block{tile, leaf_operands.of_input.data(), leaf_operands.of_hidden.data(),
                              cell_states + step * all + t * tile,
                              const_cast<float*>(values) + (step * tiles + t) * slots * tile};
        differentiate_tree(tree, block,
                           {scratch, hidden, cells + (step + 1) % 2 * all + t * tile,
                            gradients.of_input ? of_input : nullptr, of_hidden, tile, tile,
                            cells + step % 2 * all + t * tile});
        for (int64_t leaf = 0; leaf < leaves; leaf++) {
          const int64_t at = step * sizes.batch * sizes.products() + leaf * units;
          layout.prepare(of_hidden + leaf * tile, t, arrived + (step % 2 * leaves + leaf) * all + t * tile);
          layout.write(of_hidden + leaf * tile, t, gradients.of_hidden + at, sizes.products());
          if (gradients.of_input) layout.write(of_input + leaf * tile, t, gradients.of_input + at, sizes.products());
        }
      }
      meet();
    }
    for (int64_t t = begin; t < end; t++) {
      through_products(t, 0);
      layout.write(hidden, t, gradients.first_hidden, units);
      layout.write(cells + t * tile, t, gradients.first_cell, units);
    }
  });
}

template void run_steps(const Tree&, const RecurrentSizes&, const float*, const RecurrentOperands&, RecurrentTape*, float*,
                        float*);
template void run_steps(const Tree&, const RecurrentSizes&, const Half*, const RecurrentOperands&, RecurrentTape*, float*,
                        float*);
template void differentiate_steps(const Tree&, const RecurrentSizes&, const RecurrentTape&, const RecurrentOperands&,
                                  const RecurrentGradients<float>&);
template void differentiate_steps(const Tree&, const RecurrentSizes&, const RecurrentTape&, const RecurrentOperands&,
                                  const RecurrentGradients<Half>&);

} // namespace nascent
