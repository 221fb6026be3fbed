import { type DType, isDType, isFloating } from '../dtype.ts';
import { TorchError } from '../errors.ts';
import { noGrad, scope } from '../scope.ts';
import { type Device, keep, type Tensor } from '../tensor.ts';

/** What `loadStateDict` found when it was told not to be strict. */
export interface StateDictDifference {
  /** Names that the module has and the state dict lacks: left as they were. */
  readonly missing: readonly string[];
  /** Names that the state dict has and the module lacks: ignored. */
  readonly unexpected: readonly string[];
}

/**
 * The base class of layers and networks.
 *
 * A subclass registers what it owns in its constructor: `parameter` (trained), `buffer` (saved, not trained)
 * and `child`. Names follow from that: `features.0.weight` is the parameter `weight` of child `0` of child
 * `features`, as in PyTorch, and the layers of this package use PyTorch's names, so that state dicts can be
 * exchanged.
 *
 * **Ownership.** A module keeps its tensors: no scope frees them, `dispose()` does. Tensors handed out by
 * `parameters()`, `stateDict()` and the like are the module's own, not copies.
 *
 * ```ts
 * class Residual extends Module {
 *   readonly body;
 *   constructor(channels: number) {
 *     super();
 *     this.body = this.child('body', new Conv2d(channels, channels, 3, { padding: 'same' }));
 *   }
 *   forward(x: Tensor): Tensor {
 *     return this.body.forward(x).add(x);
 *   }
 * }
 * ```
 */
export abstract class Module {
  readonly #parameters = new Map<string, Tensor>();
  readonly #buffers = new Map<string, Tensor>();
  readonly #children = new Map<string, Module>();
  #training = true;

  /** Whether dropout drops and batch norm uses the batch's statistics. True in a new module. */
  get training(): boolean {
    return this.#training;
  }

  /** Registers a trained tensor: it is kept and requires a gradient. @throws TorchError if the name is taken */
  protected parameter(name: string, value: Tensor): Tensor {
    this.#claim(name);
    this.#parameters.set(name, keep(value.setRequiresGrad(true)));
    return value;
  }

  /** Registers a tensor that is saved but not trained. @throws TorchError if the name is taken */
  protected buffer(name: string, value: Tensor): Tensor {
    this.#claim(name);
    this.#buffers.set(name, keep(value));
    return value;
  }

  /** Registers a module whose tensors belong to this one. @throws TorchError if the name is taken */
  protected child<M extends Module>(name: string, module: M): M {
    this.#claim(name);
    this.#children.set(name, module);
    return module;
  }

  /** Switches this module and its children to training (or, with `false`, to evaluation). */
  train(on = true): this {
    this.#training = on;
    for (const child of this.#children.values()) child.train(on);
    return this;
  }

  /** `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /** Each trained tensor once, in order of registration, children after the module's own. */
  parameters(): Tensor[] {
    return [...new Set(this.namedParameters().values())];
  }

  /** Direct children by name. */
  namedChildren(): ReadonlyMap<string, Module> {
    return this.#children;
  }

  /** Trained tensors by dotted name. A tensor shared by two modules appears under both names. */
  namedParameters(): Map<string, Tensor> {
    return this.#collect((module) => module.#parameters);
  }

  /** Tensors that are saved but not trained, by dotted name. */
  namedBuffers(): Map<string, Tensor> {
    return this.#collect((module) => module.#buffers);
  }

  /** Parameters and buffers by dotted name: what `loadStateDict` takes and `saveSafetensors` writes. */
  stateDict(): Map<string, Tensor> {
    return new Map([...this.namedParameters(), ...this.namedBuffers()]);
  }

  /**
   * Copies values into the module's own tensors, converting dtype and device. Everything is checked before
   * anything is copied.
   * @param options.strict refuse missing and unexpected names (default true); wrong shapes are always refused
   * @throws TorchError `STATE_DICT_MISMATCH` that lists every missing, unexpected and wrongly shaped entry
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor>,
    options: { readonly strict?: boolean } = {},
  ): StateDictDifference {
    const own = this.stateDict();
    const missing = [...own.keys()].filter((name) => !state.has(name));
    const unexpected = [...state.keys()].filter((name) => !own.has(name) && !this.ignores(name));
    const misshapen = [...own].flatMap(([name, tensor]) => {
      const given = state.get(name);
      return given === undefined || sameShape(given.shape, tensor.shape)
        ? []
        : [`${name} is [${given.shape.join(', ')}], expected [${tensor.shape.join(', ')}]`];
    });
    const strict = options.strict ?? true;
    const found = [
      ...(strict && missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
      ...(strict && unexpected.length > 0 ? [`unexpected: ${unexpected.join(', ')}`] : []),
      ...(misshapen.length > 0 ? [`wrong shape: ${misshapen.join('; ')}`] : []),
    ];
    if (found.length > 0) {
      throw new TorchError(
        'STATE_DICT_MISMATCH',
        `${this.constructor.name}: the state dict does not fit this module. ${found.join('. ')}. ` +
          'Nothing was loaded. Build the module that was saved' +
          (strict && misshapen.length === 0 ? ', or pass { strict: false } to load what fits.' : '.'),
      );
    }
    noGrad(() => {
      for (const [name, tensor] of own) {
        const given = state.get(name);
        if (given !== undefined && given !== tensor) tensor.copyFrom_(given);
      }
    });
    return { missing, unexpected };
  }

  /** How many numbers are trained; a shared tensor counts once. */
  parameterCount(): number {
    return this.parameters().reduce((sum, tensor) => sum + tensor.size, 0);
  }

  /**
   * Moves the module to a device, or converts its floating-point tensors to a dtype. Parameters stay the same
   * tensors to whoever holds them; gradients are dropped. The state of an optimiser does not follow: make
   * optimisers afterwards.
   */
  to(target: DType | Device): this {
    noGrad(() => {
      scope(() => {
        for (const tensor of new Set(this.stateDict().values())) {
          if (isDType(target) && !isFloating(tensor.dtype)) continue;
          tensor.replaceWith_(tensor.to(target));
        }
      });
    });
    return this;
  }

  /** Frees every parameter and buffer of this module and its children. The module is unusable afterwards. */
  dispose(): void {
    for (const tensor of this.#parameters.values()) tensor.dispose();
    for (const tensor of this.#buffers.values()) tensor.dispose();
    for (const child of this.#children.values()) child.dispose();
  }

  /** Whether a state dict may hold this entry of the module's own although the module has no use for it. */
  protected ignoresEntry(_name: string): boolean {
    return false;
  }

  private ignores(path: string): boolean {
    if (this.ignoresEntry(path)) return true;
    const dot = path.indexOf('.');
    const child = this.#children.get(path.slice(0, Math.max(dot, 0)));
    return child?.ignores(path.slice(dot + 1)) ?? false;
  }

  #claim(name: string): void {
    const taken = this.#parameters.has(name) || this.#buffers.has(name) || this.#children.has(name);
    if (!taken && name !== '' && !name.includes('.')) return;
    throw new TorchError(
      'BAD_ARGUMENT',
      taken
        ? `${this.constructor.name}: the name "${name}" is registered twice. Give each parameter, buffer and child its own.`
        : `${this.constructor.name}: "${name}" cannot be a name: it must not be empty or contain a dot.`,
    );
  }

  #collect(
    own: (module: Module) => ReadonlyMap<string, Tensor>,
    prefix = '',
    into = new Map<string, Tensor>(),
  ) {
    for (const [name, tensor] of own(this)) into.set(prefix + name, tensor);
    for (const [name, child] of this.#children) child.#collect(own, `${prefix}${name}.`, into);
    return into;
  }
}

/** A module from one tensor to one tensor: what `Sequential` chains. */
export type Layer = Module & { forward(input: Tensor): Tensor };

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}
