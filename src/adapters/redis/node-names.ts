/** Whether `node`, a list of the servers of its slots (`host:port;host:port`), includes this server. */
export function hasServer(
  node: string,
  { host, port }: { readonly host?: string | undefined; readonly port?: number | undefined },
): boolean {
  return node.split(';').includes(`${host}:${port}`)
}
