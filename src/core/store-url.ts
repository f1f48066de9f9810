// What a person may be shown of a store's URL. A password stands before the host, and where people have mistyped it, anywhere before the last "@"; or in the parameters.

/** The URL without password and parameters; a URL that can't be read loses all that stands before its last "@". */
export const withoutSecrets = (url: string): string => {
  const start = url.indexOf("://");
  if (start === -1) return url;
  const [scheme, rest] = [url.slice(0, start + 3), url.slice(start + 3)];
  const at = rest.lastIndexOf("@");
  const place = rest.slice(at + 1).split(/[?#]/, 1)[0] as string;
  const user = /^[^:/?#@]+/.exec(rest.slice(0, Math.max(0, at)))?.[0];
  return `${scheme}${user === undefined ? "" : `${user}@`}${place}`;
};
