import type { LayerKind } from '../../../search-space/index.ts';
import { READ_SAFETENSORS } from '../read-safetensors.ts';

/*
 * The Python of the parts that an exported network may be made of. Only those that it uses go into its file.
 * Tabs and trailing spaces never; two blank lines stand between parts, and the caller writes them.
 */

const SAME = `def same(images, kernel, stride, value=0.0):
    """Pads like TensorFlow's SAME: ceil(length / stride) outputs, the odd pixel at the bottom and right."""
    padding = []
    for axis in (1, 0):  # width first, as F.pad takes it
        length = images.shape[2 + axis]
        outputs = -(-length // stride[axis])
        total = max((outputs - 1) * stride[axis] + kernel[axis] - length, 0)
        padding += [total // 2, total - total // 2]
    return F.pad(images, padding, value=value)`;

const CONCAT = `def concat(*inputs):
    """Joins along depth. Smaller inputs get zeros around them, the odd pixel at the bottom and right."""
    height = max(x.shape[2] for x in inputs)
    width = max(x.shape[3] for x in inputs)
    padded = []
    for x in inputs:
        rows, columns = height - x.shape[2], width - x.shape[3]
        padded.append(F.pad(x, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2]))
    return torch.cat(padded, dim=1)`;

const CONVOLUTION = `class Convolution(nn.Module):
    """Convolution with SAME padding, batch normalisation, ReLU. It has a bias only without batch normalisation."""

    def __init__(self, channels, filters, kernel, stride=(1, 1), batch_norm=True):
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.convolution = nn.Conv2d(channels, filters, kernel, stride, bias=not batch_norm)
        self.norm = nn.BatchNorm2d(filters, eps=BATCH_NORM_EPSILON) if batch_norm else nn.Identity()

    def forward(self, x):
        return F.relu(self.norm(self.convolution(same(x, self.kernel, self.stride))))`;

const SEPARABLE_CONVOLUTION = `class SeparableConvolution(nn.Module):
    """One filter for each channel (SAME padding), a 1x1 convolution, batch normalisation, ReLU."""

    def __init__(self, channels, filters, kernel, stride=(1, 1), batch_norm=True):
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.depthwise = nn.Conv2d(channels, channels, kernel, stride, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, filters, 1, bias=not batch_norm)
        self.norm = nn.BatchNorm2d(filters, eps=BATCH_NORM_EPSILON) if batch_norm else nn.Identity()

    def forward(self, x):
        return F.relu(self.norm(self.pointwise(self.depthwise(same(x, self.kernel, self.stride)))))`;

const MAX_POOLING = `class MaxPooling(nn.Module):
    """Max pooling with SAME padding, of which nothing is ever the maximum."""

    def __init__(self, window, stride):
        super().__init__()
        self.window, self.stride = window, stride

    def forward(self, x):
        return F.max_pool2d(same(x, self.window, self.stride, value=-math.inf), self.window, self.stride)`;

const AVERAGE_POOLING = `class AveragePooling(nn.Module):
    """Average pooling with SAME padding, which does not count in the mean."""

    def __init__(self, window, stride=(1, 1)):
        super().__init__()
        self.window, self.stride = window, stride

    def forward(self, x):
        # What share of each window lies on the image.
        share = same(torch.ones_like(x[:1, :1]), self.window, self.stride)
        total = F.avg_pool2d(same(x, self.window, self.stride), self.window, self.stride)
        return total / F.avg_pool2d(share, self.window, self.stride)`;

const contrastNormalisation = (epsilon: number): string => `class ContrastNormalisation(nn.Module):
    """Local contrast normalisation (Jarrett et al. 2009) with a box for a window, over all channels."""

    def __init__(self, window):
        super().__init__()
        self.local_mean = AveragePooling(window)

    def forward(self, x):
        centred = x - self.local_mean(x.mean(dim=1, keepdim=True))
        variance = self.local_mean(centred.square().mean(dim=1, keepdim=True))
        deviation = (variance + ${epsilon}).sqrt()
        return centred / torch.maximum(deviation, deviation.mean(dim=(1, 2, 3), keepdim=True))`;

/** What a network with these layers needs, in the order in which it must stand. */
export function blocksFor(
  kinds: ReadonlySet<LayerKind>,
  { joins, contrastEpsilon }: { readonly joins: boolean; readonly contrastEpsilon: number },
): readonly string[] {
  const normalises = kinds.has('contrast-normalisation');
  const averages = kinds.has('average-pooling') || normalises;
  const convolves = kinds.has('convolution') || kinds.has('separable-convolution');
  const pads = convolves || averages || kinds.has('max-pooling');
  return [
    ...(pads ? [SAME] : []),
    ...(joins ? [CONCAT] : []),
    ...(kinds.has('convolution') ? [CONVOLUTION] : []),
    ...(kinds.has('separable-convolution') ? [SEPARABLE_CONVOLUTION] : []),
    ...(kinds.has('max-pooling') ? [MAX_POOLING] : []),
    ...(averages ? [AVERAGE_POOLING] : []),
    ...(normalises ? [contrastNormalisation(contrastEpsilon)] : []),
    READ_SAFETENSORS,
  ];
}
