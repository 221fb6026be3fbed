/**
 * The answers of a token string, short enough for a table: runs of `name=value` tokens lose their names, since a
 * column of `filterHeight=` tells nobody anything. `…/filterHeight=3,filterWidth=5/end` becomes `3 5`.
 */
export function tokenAnswers(tokens: string): string {
  const answers = tokens.split('/').at(-2) ?? ''; // the last part is always `end`
  return answers
    .split(',')
    .map((token) => token.slice(token.indexOf('=') + 1))
    .join(' ');
}
