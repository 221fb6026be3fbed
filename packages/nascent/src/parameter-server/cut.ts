/** The part of the parameter vector that a shard keeps: [from, to). */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts a vector into contiguous parts whose lengths differ by 1 at most. Where there are fewer parameters than shards,
 * each shard has one.
 * @param parameters at least 1
 * @param shards at least 1
 */
export function cutInto(parameters: number, shards: number): readonly Part[] {
  const parts = Math.min(parameters, shards);
  return Array.from({ length: parts }, (_, shard) => ({
    from: Math.floor((shard * parameters) / parts),
    to: Math.floor(((shard + 1) * parameters) / parts),
  }));
}
