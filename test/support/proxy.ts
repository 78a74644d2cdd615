import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** Answers a CONNECT on its socket. */
export type TunnelHandler = (socket: Socket) => void;

/** A proxy on loopback, whose tunnels lead to the given port of this machine whatever host is requested. */
export class FakeProxy {
  /** The requests for tunnels; the target is host and port, as the client named them. */
  readonly tunnels: { target: string | undefined; headers: IncomingHttpHeaders }[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    /** Takes every CONNECT. */
    public handler: TunnelHandler,
  ) {
    server.on('connection', (socket) => this.#track(socket));
    server.on('connect', (request, socket: Socket) => {
      this.tunnels.push({ target: request.url, headers: request.headers });
      this.handler(socket);
    });
  }

  static async start(handler: TunnelHandler): Promise<FakeProxy> {
    const proxy = new FakeProxy(createServer(), handler);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    // An http server leaves its half of a connection open.
    socket.on('end', () => socket.end());
  }
}

/** Opens the tunnel to the port. */
export function tunnelTo(port: number): TunnelHandler {
  return (socket) => {
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  };
}

/** Refuses the tunnel with a status. */
export function refuseTunnel(status: number, reason: string): TunnelHandler {
  return (socket) => {
    socket.end(`HTTP/1.1 ${status} ${reason}\r\ncontent-length: 0\r\n\r\n`);
  };
}
