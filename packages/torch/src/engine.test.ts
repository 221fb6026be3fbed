import { describe, expect, it } from 'vitest';
import { devices, engineInfo, getThreads, scope, setThreads, zeros } from './index.ts';
import { native } from './native.ts';

describe('engine', () => {
  it('says what it is', () => {
    const info = engineInfo();
    expect(info.libtorch).toMatch(/^\d+\.\d+\.\d+/);
    expect(info.devices[0]).toBe('cpu');
    expect(info.config).toContain('PyTorch built with');
    expect(devices()).toEqual(info.devices);
  });

  it('setThreads reaches libtorch, and OpenBLAS, which has threads of its own', () => {
    for (const count of [2, 1]) {
      setThreads(count);
      expect(getThreads()).toBe(count);
      const { blasThreads } = native().engineFacts();
      if (engineInfo().blas === 'openblas') expect(blasThreads).toBe(count);
    }
    expect(() => setThreads(0)).toThrow(/1–4096/);
  });

  it('a device that is not there is refused', () => {
    scope(() => {
      if (!engineInfo().cuda) expect(() => zeros([1]).to('cuda')).toThrow(/CUDA/i);
      expect(() => zeros([1]).to('gpu')).toThrow(/gpu/);
    });
  });
});
