// What a person may be shown of a store's URL. A password stands before the host, and where people have mistyped it, anywhere before the last "@"; or in the parameters.

/** The URL without password and parameters; a URL that can't be read loses all that stands before its last "@". The path of a file is left as it is. */
export const withoutSecrets = (url: string): string => {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0];
  if (scheme === undefined) return isPath(url) ? url : withoutCredentials(url);
  const rest = url.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  const place = rest.slice(at + 1).split(/[?#]/, 1)[0] as string;
  const user = /^[^:/?#@]+/.exec(rest.slice(0, Math.max(0, at)))?.[0];
  return `${scheme}${user === undefined ? "" : `${user}@`}${place}`;
};

const isPath = (text: string): boolean => /^(sqlite:|\.{0,2}\/(?!\/))/i.test(text);

/** Where the scheme is mistyped, nobody can say what is the user's name and what the password. */
const withoutCredentials = (text: string): string =>
  text.slice(text.lastIndexOf("@") + 1).replace(/[?#].*=.*$/s, "");
