// Runs the CUDA kernels of a tree on the CPU, one thread after another: `KERNELS` is the file with their source.
//
//   kernels STEPS BATCH INPUTS UNITS LEAVES MASKED < operands, arriving gradients > results, gradients
//
// All float32 in the order of `operands` and of the last lines.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline

struct Index {
  int x;
};
static Index blockIdx{0}, blockDim{1}, threadIdx{0};

static float __uint_as_float(unsigned bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
static unsigned __float_as_uint(float value) {
  unsigned bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

#include KERNELS

using Numbers = std::vector<float>;

/// [rows, depth] · [depth, columns], each of the two perhaps stored the other way round.
static Numbers product(const float* a, bool a_turned, const float* b, bool b_turned, int rows, int depth, int columns) {
  Numbers result(rows * columns);
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < columns; c++) {
      double sum = 0;
      for (int d = 0; d < depth; d++)
        sum += double(a_turned ? a[d * rows + r] : a[r * depth + d]) * (b_turned ? b[c * depth + d] : b[d * columns + c]);
      result[r * columns + c] = sum;
    }
  return result;
}

static Numbers read(int count) {
  Numbers numbers(count);
  if (std::fread(numbers.data(), sizeof(float), count, stdin) != size_t(count)) std::exit(1);
  return numbers;
}
static void write(const Numbers& numbers) { std::fwrite(numbers.data(), sizeof(float), numbers.size(), stdout); }

int main(int, char** words) {
  const int steps = std::atoi(words[1]), batch = std::atoi(words[2]), inputs = std::atoi(words[3]);
  const int units = std::atoi(words[4]), products = std::atoi(words[5]) * units, state = batch * units;
  const Numbers input = read(steps * batch * inputs), hidden = read(state), cell = read(state);
  const Numbers weight_input = read(products * inputs), weight_hidden = read(products * units);
  const Numbers mask_numbers = read(std::atoi(words[6]) ? state : 0);
  const Numbers to_outputs = read(steps * state), to_hidden = read(state), to_cell = read(state);
  const float* mask = mask_numbers.empty() ? nullptr : mask_numbers.data();

  Numbers outputs(steps * state), cells(cell), previous(hidden), of_hidden(steps * batch * products);
  cells.resize((steps + 1) * state);
  for (int i = 0; mask && i < state; i++) previous[i] *= mask[i];
  previous.resize(steps * state);
  const Numbers of_input = product(input.data(), false, weight_input.data(), true, steps * batch, inputs, products);
  for (int step = 0; step < steps; step++) {
    float* own = of_hidden.data() + step * batch * products;
    const auto now = product(previous.data() + step * state, false, weight_hidden.data(), true, batch, units, products);
    std::memcpy(own, now.data(), now.size() * sizeof(float));
    for (blockIdx.x = 0; blockIdx.x < state + 3; blockIdx.x++) // a few threads too many, as there are on a device
      tree_forward(of_input.data() + step * batch * products, own, cells.data() + step * state, mask,
                   cells.data() + (step + 1) * state, outputs.data() + step * state,
                   step + 1 < steps ? previous.data() + (step + 1) * state : nullptr, batch, units);
  }

  Numbers from_input(of_input.size()), from_hidden(of_input.size()), carried, cell_gradient(to_cell);
  for (int step = steps - 1; step >= 0; step--) {
    const int at = step * batch * products;
    const bool last = step == steps - 1;
    for (blockIdx.x = 0; blockIdx.x < state + 3; blockIdx.x++)
      tree_backward(of_input.data() + at, of_hidden.data() + at, cells.data() + step * state,
                    to_outputs.data() + step * state, last ? to_hidden.data() : nullptr, last ? nullptr : carried.data(),
                    mask, cell_gradient.data(), from_input.data() + at, from_hidden.data() + at, batch, units);
    carried = product(from_hidden.data() + at, false, weight_hidden.data(), false, batch, products, units);
  }
  for (int i = 0; mask && i < state; i++) carried[i] *= mask[i];

  write(outputs);
  write(Numbers(outputs.end() - state, outputs.end()));
  write(Numbers(cells.end() - state, cells.end()));
  write(product(from_input.data(), false, weight_input.data(), false, steps * batch, products, inputs));
  write(carried);
  write(cell_gradient);
  write(product(from_input.data(), true, input.data(), false, products, steps * batch, inputs));
  write(product(from_hidden.data(), true, previous.data(), false, products, steps * batch, units));
}
