/** A text as it may stand in a Python docstring or comment of one line. */
export function plain(text: string): string {
  return text.replaceAll(/["\\]/g, "'").replaceAll(/\s+/g, ' ');
}

/** `import` lines for the standard modules that a file uses, and torch. */
export function importsFor(body: string): string {
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\.[a-zA-Z]`).test(body);
  const modules = ['argparse', 'json', 'math', 're', 'struct'].filter(uses);
  return [
    ...modules.map((name) => `import ${name}`),
    ...(body.includes('Path(') ? ['from pathlib import Path'] : []),
    ...(modules.length > 0 ? [''] : []),
    'import torch',
    'from torch import nn',
    ...(uses('F') ? ['from torch.nn import functional as F'] : []),
  ].join('\n');
}
