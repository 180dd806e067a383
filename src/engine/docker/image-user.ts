/** What an image's `USER` means: `name`, `name:group`, `1000`, `1000:1000`, or nothing, which is root. */
export function parseUser(user: string): { readonly uid: number } | { readonly name: string } {
  const [name = ''] = user.split(':');
  if (name === '') return { uid: 0 };
  return /^\d+$/.test(name) ? { uid: Number(name) } : { name };
}

/** The number of a user in the text of `/etc/passwd`; `undefined` when it has none of that name. */
export function uidIn(passwd: string, name: string): number | undefined {
  for (const line of passwd.split('\n')) {
    const [user, , uid = ''] = line.split(':');
    if (user === name && /^\d+$/.test(uid)) return Number(uid);
  }
  return undefined;
}
