/**
 * The answers of a token string, short enough for a table: runs of `name=value` tokens lose their names, since a
 * column of `filterHeight=` tells nobody anything. `…/filterHeight=3,filterWidth=5/end` becomes `3 5`. A plain letter or
 * digit that is escaped only to keep an answer's type (`%6Eone`) is written as it is.
 */
export function tokenAnswers(tokens: string): string {
  const end = tokens.lastIndexOf('/'); // the last part is always `end`
  // By hand: a list of 100,000 trials is mostly this.
  let text = '';
  let separator = '';
  let equals = end < 1 ? -1 : tokens.indexOf('=', tokens.lastIndexOf('/', end - 1));
  while (equals !== -1 && equals < end) {
    const comma = tokens.indexOf(',', equals);
    const last = comma === -1 ? end : comma;
    const answer = tokens.slice(equals + 1, last);
    text += separator + answer;
    separator = ' ';
    equals = tokens.indexOf('=', last);
  }
  return text.includes('%') ? text.replace(/%(?:[46][1-9A-F]|[57][0-9A]|3[0-9])/g, plain) : text;
}

function plain(escaped: string): string {
  return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
}
