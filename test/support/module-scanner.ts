/** One thing that a source text consists of; comments and white space are none. */
interface Token {
  /** `template`: the text of a template literal, without what stands in its `${…}`. */
  readonly kind: 'word' | 'string' | 'template' | 'regex' | 'number' | 'punctuation';
  /** As written; of a string its value without quotes. */
  readonly text: string;
}

/** Words after which a slash begins a regular expression, though they look like a value. */
const OPERATOR_WORDS = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'do',
  'else',
  'void',
  'delete',
  'throw',
  'await',
  'yield',
]);

/**
 * The tokens of a TypeScript source text. It knows just enough of the language to tell code from comments, strings,
 * template literals and regular expressions: TypeScript 7 has no compiler API to ask.
 */
function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /* For each open `${`, the number of braces open inside it. */
  const templates: number[] = [];
  let at = 0;

  const push = (kind: Token['kind'], text: string): void => {
    tokens.push({ kind, text });
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) at += text.length;
    return text;
  };
  const template = (): void => {
    const text = take(/(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/y) ?? '';
    push('template', text);
    if (source[at] === '`') at += 1;
    else if (source.startsWith('${', at)) {
      at += 2;
      templates.push(0);
    }
  };

  while (at < source.length) {
    if (take(/\s+|\/\/.*|\/\*[\s\S]*?\*\/|^#!.*/y) !== undefined) continue;
    const word = take(/#?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy);
    if (word !== undefined) {
      push('word', word);
      continue;
    }
    const number = take(/\.?\d(?:[eE][+-]|[\w.])*/y);
    if (number !== undefined) {
      push('number', number);
      continue;
    }
    const string = take(/'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y);
    if (string !== undefined) {
      push('string', string.slice(1, -1));
      continue;
    }
    if (source[at] === '`') {
      at += 1;
      template();
      continue;
    }
    if (source[at] === '/' && !endsValue(tokens.at(-1))) {
      const regex = take(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y);
      if (regex !== undefined) {
        push('regex', regex);
        continue;
      }
    }
    const character = source[at] as string;
    at += 1;
    const open = templates.length - 1;
    if (open >= 0 && character === '{') templates[open] = (templates[open] ?? 0) + 1;
    if (open >= 0 && character === '}') {
      if (templates[open] === 0) {
        templates.pop();
        template();
        continue;
      }
      templates[open] = (templates[open] ?? 0) - 1;
    }
    push('punctuation', character);
  }
  return tokens;
}

/** Whether a value can end with `token`, so that a slash after it divides. */
function endsValue(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'punctuation') return token.text === ')' || token.text === ']' || token.text === '}';
  return token.kind !== 'word' || !OPERATOR_WORDS.has(token.text);
}

/**
 * The modules that a source text names in imports (also of types, also `import()` and `require()`) and in exports from
 * elsewhere, in order. `null` stands for a module that is only known when the code runs.
 */
export function importedModules(source: string): (string | null)[] {
  const tokens = tokenize(source);
  const modules: (string | null)[] = [];
  const is = (index: number, text: string): boolean => {
    const token = tokens[index];
    return token !== undefined && token.kind !== 'string' && token.kind !== 'template' && token.text === text;
  };
  const stringAt = (index: number): string | undefined =>
    tokens[index]?.kind === 'string' ? tokens[index].text : undefined;
  /* The module after the next `from`, if the statement that begins at `index` has one. */
  const from = (index: number): string | undefined => {
    for (let i = index; i < tokens.length && !is(i, ';') && !is(i, '='); i += 1) {
      if (is(i, 'from') && stringAt(i + 1) !== undefined) return stringAt(i + 1);
    }
    return undefined;
  };

  tokens.forEach((token, index) => {
    if (token.kind !== 'word' || is(index - 1, '.')) return;
    if (token.text === 'import' || token.text === 'require') {
      if (is(index + 1, '(')) {
        const literal = stringAt(index + 2);
        const whole = is(index + 3, ')') || is(index + 3, ',');
        modules.push(literal !== undefined && whole ? literal : null);
      } else if (token.text === 'import' && !is(index + 1, '.')) {
        const module = stringAt(index + 1) ?? from(index + 1);
        if (module !== undefined) modules.push(module);
      }
    } else if (token.text === 'export') {
      const next = is(index + 1, 'type') ? index + 2 : index + 1;
      if (is(next, '*')) {
        const module = from(next);
        if (module !== undefined) modules.push(module);
      } else if (is(next, '{')) {
        let end = next;
        while (end < tokens.length && !is(end, '}')) end += 1;
        const module = is(end + 1, 'from') ? stringAt(end + 2) : undefined;
        if (module !== undefined) modules.push(module);
      }
    }
  });
  return modules;
}

/** Whether the code, comments and strings left aside, uses the global `name` (`process.exit`, `globalThis.process`). */
export function usesGlobal(source: string, name: string): boolean {
  const tokens = tokenize(source);
  return tokens.some((token, index) => {
    if (token.kind !== 'word' || token.text !== name) return false;
    const before = tokens[index - 1];
    if (before?.text === '.' && before.kind === 'punctuation') return tokens[index - 2]?.text === 'globalThis';
    const after = tokens[index + 1];
    return after?.kind === 'punctuation' && (after.text === '.' || after.text === '[' || after.text === '?');
  });
}
