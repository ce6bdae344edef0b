// An installation of several nodes on this machine: PostgreSQL, Redis, nodes, and Nginx in front of them.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SECRET = 'what-all-nodes-of-this-load-know-1';

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A port that nobody has now. */
function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

async function until(what, check, ms = 30_000) {
  for (const end = Date.now() + ms; Date.now() < end; await pause(100)) if (await check()) return;
  throw new Error(`${what} did not happen within ${ms} ms`);
}

const answers = (url) => fetch(url).then(({ ok }) => ok, () => false);

/** A wire to a port of this machine, which can be pulled. */
class Wire {
  static async to(port) {
    const wire = new Wire();
    Object.assign(wire, { port: await freePort(), ends: new Set(), cut: false });
    createServer((near) => {
      if (wire.cut) return void near.destroy();
      const far = connect(port, '127.0.0.1');
      for (const [one, other] of [[near, far], [far, near]]) {
        wire.ends.add(one);
        one.on('error', () => {}).on('close', () => {
          wire.ends.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    }).listen(wire.port, '127.0.0.1');
    return wire;
  }

  pull() {
    this.cut = true;
    for (const end of this.ends) end.destroy();
  }

  plug() {
    this.cut = false;
  }
}

export class Installation {
  /** `old`: a binary that the last node runs; `skew`: by how many seconds the last node's clock is ahead; `wires`: it can be cut off. */
  static async start({ binary, old, skew = 0, nodes, wires = false }) {
    const it = new Installation();
    Object.assign(it, { binary, folder: mkdtempSync(join(tmpdir(), 'liao-load-')), children: [], nodes: [] });
    chmodSync(it.folder, 0o755); // PostgreSQL runs as somebody else
    it.database = join(it.folder, 'postgres');
    execFileSync(join(ROOT, 'scripts/postgres.sh'), ['start', it.database], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    it.postgres = readFileSync(join(it.database, 'url'), 'utf8').trim();
    it.redisPort = await freePort();
    it.startRedis();
    for (let i = 0; i < nodes; i++) it.nodes.push({ name: `node ${i + 1}`, port: await freePort(), data: join(it.folder, `node-${i + 1}`) });
    // What sets the last one apart. What it says to the others by a wire goes through this process, which reads for thousands.
    it.wires = wires ? [await Wire.to(Number(new URL(it.postgres).port)), await Wire.to(it.redisPort)] : undefined;
    Object.assign(it.nodes.at(-1), { binary: old, skew, wires: it.wires });
    // The first one makes the tables. An older version is there before the newer ones come: afterwards it would not start.
    for (const node of old ? it.nodes.toReversed() : it.nodes) await it.startNode(node);
    it.port = await freePort();
    it.url = `http://127.0.0.1:${it.port}`;
    await it.startNginx();
    return it;
  }

  spawn(program, args, options = {}) {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
    this.children.push(child);
    return child;
  }

  startRedis() {
    this.redis = this.spawn('redis-server', ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--port', String(this.redisPort)], { cwd: this.folder });
  }

  async startNode(node) {
    mkdirSync(node.data, { recursive: true });
    const [postgres, redis] = node.wires?.map(({ port }) => port) ?? [new URL(this.postgres).port, this.redisPort];
    const env = {
      PATH: '/usr/bin:/bin',
      LIAO_ADDR: `127.0.0.1:${node.port}`,
      LIAO_DATA_DIR: node.data,
      LIAO_DATABASE_URL: this.postgres.replace(/:\d+\//, `:${postgres}/`),
      LIAO_REDIS_URL: `redis://127.0.0.1:${redis}`,
      LIAO_SECRET: SECRET,
      LIAO_FAKE_PROVIDER: 'true',
      LIAO_AUTO_TITLE: 'false',
      LIAO_REGISTER_RATE: '1000',
      LIAO_LOGIN_RATE: '1000',
      LIAO_LOG: 'error',
    };
    const program = [node.binary ?? this.binary, 'serve'];
    if (node.skew) program.unshift('faketime', '-f', `+${node.skew}s`);
    // Only what the clock says: how time goes by is the same for all.
    node.child = this.spawn(program[0], program.slice(1), { env: { ...env, DONT_FAKE_MONOTONIC: '1' }, cwd: node.data });
    await until(`the start of ${node.name}`, () => answers(`http://127.0.0.1:${node.port}/readyz`));
  }

  /** As a machine that loses its power. */
  killNode(node) {
    node.child.kill('SIGKILL');
  }

  async startNginx() {
    const servers = this.nodes.map(({ port }) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=2s;`).join('\n    ');
    // As deploy/nginx/liao.conf, without TLS.
    writeFileSync(
      join(this.folder, 'nginx.conf'),
      `daemon off; worker_processes 1; pid ${this.folder}/nginx.pid; error_log ${this.folder}/nginx.log crit; worker_rlimit_nofile 65536;
events { worker_connections 32768; }
http {
  access_log off;
  client_body_temp_path ${this.folder}/body; proxy_temp_path ${this.folder}/proxy; fastcgi_temp_path ${this.folder}/f; uwsgi_temp_path ${this.folder}/u; scgi_temp_path ${this.folder}/s;
  upstream liao {
    ${servers}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${this.port} backlog=4096;
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header Connection "";
    location / {
      proxy_pass http://liao;
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`,
    );
    this.nginx = this.spawn('nginx', ['-p', this.folder, '-c', join(this.folder, 'nginx.conf'), '-e', join(this.folder, 'nginx.log')]);
    await until('the start of Nginx', () => answers(`${this.url}/readyz`));
  }

  sql(text) {
    return execFileSync('psql', [this.postgres, '-At', '-c', text], { encoding: 'utf8' }).trim();
  }

  /** Stops PostgreSQL as an operator would in a hurry, and starts it again after so long. */
  async restartPostgres(ms) {
    const pid = readFileSync(join(this.database, 'data/postmaster.pid'), 'utf8').split('\n')[0];
    const args = readFileSync(join(this.database, 'data/postmaster.opts'), 'utf8').trim();
    process.kill(Number(pid), 'SIGINT'); // "fast": sessions are ended, what was committed is kept
    await until('the end of PostgreSQL', () => !readdirSync('/proc').includes(pid));
    await pause(ms);
    execFileSync('runuser', ['-u', 'postgres', '--', 'sh', '-c', `${args} >>${this.database}/log 2>&1 &`], { cwd: this.database });
    await until('the start of PostgreSQL', () => {
      try {
        return this.sql('SELECT 1') === '1';
      } catch {
        return false;
      }
    });
  }

  async restartRedis(ms) {
    this.redis.kill('SIGKILL');
    await pause(ms);
    this.startRedis();
  }

  /** The last node hears nothing of the others, nor they of it. */
  async flap(ms) {
    this.wires.forEach((wire) => wire.pull());
    await pause(ms);
    this.wires.forEach((wire) => wire.plug());
  }

  /** Of each node that runs: resident memory in MiB, open files, CPU seconds. */
  state() {
    return this.nodes.map(({ name, child }) => {
      try {
        const proc = `/proc/${child.pid}`;
        const status = readFileSync(`${proc}/status`, 'utf8');
        const fields = readFileSync(`${proc}/stat`, 'utf8').split(') ')[1].split(' ');
        const own = Number(/RssAnon:\s+(\d+)/.exec(status)[1]) / 1024;
        return { name, own, files: readdirSync(`${proc}/fd`).length, cpu: (Number(fields[11]) + Number(fields[12])) / 100 };
      } catch {
        return { name, own: 0, files: 0, cpu: 0 };
      }
    });
  }

  connectionsOfPostgres() {
    return Number(this.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")) - 1;
  }

  stop() {
    for (const child of this.children) child.kill('SIGKILL');
    execFileSync(join(ROOT, 'scripts/postgres.sh'), ['stop', this.database], { cwd: ROOT, stdio: 'ignore' });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
