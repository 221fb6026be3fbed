/**
 * The answers of a token string, short enough for a table: runs of `name=value` tokens lose their names, since a
 * column of `filterHeight=` tells nobody anything. `…/filterHeight=3,filterWidth=5/end` becomes `3 5`. A plain letter or
 * digit that is escaped only to keep an answer's type (`%6Eone`) is written as it is.
 */
export function tokenAnswers(tokens: string): string {
  const answers = tokens.split('/').at(-2) ?? ''; // the last part is always `end`
  return answers
    .split(',')
    .map((token) =>
      token.slice(token.indexOf('=') + 1).replace(/%(?:[46][1-9A-F]|[57][0-9A]|3[0-9])/g, plain),
    )
    .join(' ');
}

function plain(escaped: string): string {
  return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
}
