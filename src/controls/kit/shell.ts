/** Commands of a shell that start another command. */
const shells = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh', 'busybox']);

/** Programs and words of a shell that stand before the command that counts. */
const prefixes = new Set([
  '!',
  'catatonit',
  'command',
  'do',
  'dumb-init',
  'elif',
  'else',
  'env',
  'eval',
  'exec',
  'gosu',
  'if',
  'nice',
  'nohup',
  's6-setuidgid',
  'setsid',
  'su-exec',
  'sudo',
  'then',
  'time',
  'timeout',
  'tini',
  'until',
  'while',
]);

/** Those of them whose first word is the user to run as. */
const takesUser = new Set(['gosu', 's6-setuidgid', 'su-exec']);

/** Options of prefixes that take a word of their own. */
const takesWord = /^-[uga]$/;

/** Scripts within scripts that are still read. */
const maxDepth = 4;
/** As much of a script as is read, in UTF-16 units. */
const maxScript = 65_536;

/** The simple commands that an argument vector comes to: itself, or those of the script that it gives a shell, without
 *  what only leads up to them: `exec`, `sudo`, `tini --`, assignments. Each is program and arguments. */
export function simpleCommands(words: readonly string[], depth = 0): readonly (readonly string[])[] {
  const command = withoutPrefixes(words);
  const [program] = command;
  if (program === undefined) return [];
  const name = baseName(program);
  const isSwitchUser = name === 'su' || name === 'runuser';
  if ((!shells.has(name) && !isSwitchUser) || depth >= maxDepth) return [command];
  const place = command.findIndex((word, index) => index > 0 && /^-[a-z]*c$/.test(word));
  if (place === -1) {
    // busybox names the applet that it is.
    return name === 'busybox' && command.length > 1 ? simpleCommands(command.slice(1), depth + 1) : [command];
  }
  const script = command[place + 1];
  return script === undefined
    ? []
    : splitScript(script.slice(0, maxScript)).flatMap((inner) => simpleCommands(inner, depth + 1));
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function withoutPrefixes(words: readonly string[]): readonly string[] {
  let start = 0;
  while (start < words.length) {
    const word = words[start] ?? '';
    const name = baseName(word);
    if (/^[A-Za-z_]\w*=/.test(word)) start++;
    else if (prefixes.has(name) && !isQuestion(words, start)) {
      start++;
      while (start < words.length && isSetting(words[start] ?? ''))
        start += takesWord.test(words[start] ?? '') ? 2 : 1;
      if (takesUser.has(name)) start++;
    } else break;
  }
  return start === 0 ? words : words.slice(start);
}

/** `command -v`, which only asks where a program is. */
function isQuestion(words: readonly string[], start: number): boolean {
  return words[start] === 'command' && /^-[vV]/.test(words[start + 1] ?? '');
}

/** An option of a prefix, or a number such as the seconds of `timeout`. */
function isSetting(word: string): boolean {
  return word.startsWith('-') || /^\d+[smhd]?$/.test(word);
}

/** Parts of words, what separates words, what ends a command. A quotation that is not closed ends with the script. */
const tokens =
  /\\[\s\S]|'[^']*'?|"(?:\\[\s\S]|[^"\\])*"?|(?<=^|[\s;&|(])#[^\n]*|[;&|\n(){}`]+|[ \t\r\f\v<>]+|[^\\'"#;&|\n(){}`\s<>]+|#|\s/g;

/** The words of each simple command of a script, as far as that is to be seen without running it. */
function splitScript(script: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  for (const [token] of script.matchAll(tokens)) {
    const part = partOfWord(token);
    if (part !== undefined) word = (word ?? '') + part;
    else {
      endWord();
      if (!/^[;&|\n(){}`]/.test(token)) continue;
      commands.push(words);
      words = [];
    }
  }
  endWord();
  return [...commands, words].filter((command) => command.length > 0);
}

/** What a token adds to a word; undefined where it is none: blank, comment, or the end of a command. */
function partOfWord(token: string): string | undefined {
  if (token === '\\\n' || /^(?:[\s;&|(){}`<>]|#.)/.test(token)) return undefined;
  if (token.startsWith('\\')) return token.slice(1);
  if (token.startsWith("'")) return token.slice(1).replace(/'$/, '');
  if (token.startsWith('"'))
    return token
      .slice(1)
      .replace(/"$/, '')
      .replaceAll(/\\([\s\S])/g, '$1');
  return token;
}
