import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreUrlError } from '../errors.ts';
import { openComparisonStore, shownLocation, studyNameOf } from '../open-store.ts';
import { parseStudyUrl } from './study-url.ts';

describe('the URL of a study', () => {
  it('names database and study', () => {
    expect(parseStudyUrl('postgres://me:geheim@db.example:5433/nas/cnn')).toEqual({
      connectionString: 'postgres://me:geheim@db.example:5433/nas',
      database: 'nas',
      study: 'cnn',
      user: 'me',
      safe: 'postgres://me@db.example:5433/nas/cnn',
    });
  });

  it.each([
    ['postgresql://db/nas', 'postgres://db/nas'],
    ['postgres://db/nas/', 'postgres://db/nas'],
    ['postgres://me@[::1]:5433/nas', 'postgres://me@[::1]:5433/nas'],
    ['postgres:///nas?host=/var/run/postgresql', 'postgres:///nas'],
    ['postgres://%2Fvar%2Frun/nas', 'postgres://%2Fvar%2Frun/nas'],
  ])('may name no study, host or user: %s', (url, safe) => {
    expect(parseStudyUrl(url)).toMatchObject({ study: null, safe });
    expect(studyNameOf(url)).toBeUndefined();
  });

  it('names of odd characters are percent-encoded, and stay so where they are shown', () => {
    const url = parseStudyUrl('postgres://a%40b:x@h/my%20data/six%20layers%2Fwide');
    expect(url).toMatchObject({ user: 'a@b', database: 'my data', study: 'six layers/wide' });
    expect(url.safe).toBe('postgres://a%40b@h/my%20data/six%20layers%2Fwide');
    expect(parseStudyUrl(url.safe)).toMatchObject({ database: 'my data', study: 'six layers/wide' });
  });

  it('passes parameters on to the driver, and shows of them sslmode alone', () => {
    const { connectionString, safe } = parseStudyUrl(
      'postgres://me@h/nas/cnn?sslmode=verify-ca&sslrootcert=/ca.pem&password=geheim',
    );
    expect(safe).toBe('postgres://me@h/nas/cnn?sslmode=verify-ca');
    const parameters = new URL(connectionString).searchParams;
    expect(parameters.get('sslrootcert')).toBe('/ca.pem');
    expect(parameters.get('uselibpqcompat')).toBe('true'); // sslmode as libpq means it
  });

  it.each([
    ['no database', 'postgres://h', /names no database/],
    ['too long a path', 'postgres://h/nas/cnn/7', /more than the two parts/],
    ['an sslmode that nobody knows', 'postgres://h/nas?sslmode=maybe', /none of disable, prefer/],
    ['one slash', 'postgres:/me:geheim@h/nas', /does not begin with postgres:\/\//],
    ['a stray %', 'postgres://me:100%@h/nas', /% in it is not followed/],
  ])('is refused with %s', (_, url, message) => {
    expect(() => parseStudyUrl(url)).toThrow(StoreUrlError);
    expect(() => parseStudyUrl(url)).toThrow(message);
  });

  it('shows no part of a password, encoded or not, wherever the password’s characters make it land', () => {
    const password = fc.string({ minLength: 6, unit: 'grapheme-ascii' }).filter((text) => /\w{4}/.test(text));
    fc.assert(
      fc.property(password, fc.boolean(), (text, encode) => {
        const written = encode ? encodeURIComponent(text) : text;
        const said = shownOrRefused(`postgres://someone:${written}@example.org/nas/study`);
        // What a human would know the password by: its runs of letters and digits.
        for (const part of text.match(/\w{4,}/g) ?? []) {
          if (!'postgres someone example study'.includes(part)) expect(said).not.toContain(part);
        }
        expect(said).not.toContain(written);
      }),
      { numRuns: 500 },
    );
  });

  it('is no place for a comparison, which says so without repeating it', async () => {
    const opening = openComparisonStore('postgres://me:geheim@h/nas', { access: 'create' });
    await expect(opening).rejects.toThrow(/a comparison is kept in a file.*--out DIR/);
    await expect(opening).rejects.not.toThrow(/geheim/);
  });
});

function shownOrRefused(url: string): string {
  try {
    return shownLocation(url);
  } catch (thrown) {
    return `${String(thrown)} ${JSON.stringify(thrown)}`;
  }
}
