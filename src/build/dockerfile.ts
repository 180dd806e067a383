/**
 * The Dockerfile with the default of every `ARG` that has a value in `args` replaced by it, so that a plain
 * `docker build` needs no build arguments. Comments, other instructions and unknown arguments stay as they are.
 */
export function withArgDefaults(dockerfile: string, args: Readonly<Record<string, string>>): string {
  return dockerfile
    .split('\n')
    .map((line) =>
      line.replace(
        /^(\s*ARG\s+)(.*?)(\s*)$/i,
        (_, start: string, list: string, end: string) => start + setDefaults(list, args) + end,
      ),
    )
    .join('\n');
}

/** Those of the names that no `ARG` of the Dockerfile declares: BuildKit drops them without a word. */
export function undeclaredArgs(dockerfile: string, names: readonly string[]): readonly string[] {
  const lists = [...dockerfile.matchAll(/^\s*ARG\s+(.*)$/gim)].map((match) => match[1] ?? '');
  const declared = new Set(lists.flatMap((list) => [...list.matchAll(DECLARATION)].map((match) => match[1])));
  return names.filter((name) => !declared.has(name));
}

/** A name with or without its default. */
const DECLARATION = /([A-Za-z_]\w*)(=(?:"(?:\\.|[^"])*"|'[^']*'|\\.|[^\s"'\\])*)?/g;

/** `A B="x y"` → each name with its new default. A line may declare several. */
function setDefaults(list: string, args: Readonly<Record<string, string>>): string {
  return list.replace(DECLARATION, (declaration, name: string) => {
    const value = Object.hasOwn(args, name) ? args[name] : undefined;
    return value === undefined ? declaration : `${name}=${quote(value)}`;
  });
}

/** Within double quotes the Dockerfile syntax knows the escape `\` and expands `$`. */
function quote(value: string): string {
  return `"${value.replace(/[\\"$]/g, '\\$&')}"`;
}
