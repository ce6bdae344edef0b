// Scores the pages of a server that nobody uses yet. `scripts/lighthouse.sh` starts it, and says where Lighthouse is.
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeFileSync } from 'node:fs';

const { LIAO_LIGHTHOUSE: TOOL, LIAO_URL: URL_, RUNS = '3', LIAO_CHROMIUM = '/usr/bin/chromium', REPORTS } = process.env;
const take = (path) => import(pathToFileURL(join(TOOL, 'node_modules', path)));
const { default: lighthouse, desktopConfig } = await take('lighthouse/core/index.js');
const { default: puppeteer } = await take('puppeteer-core/lib/esm/puppeteer/puppeteer-core.js');

const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const LEAST = 95;
const PERSON = { email: 'ada@liao.example', name: 'Ada', password: 'one calm river 42' };
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const FORMS = { phone: undefined, desk: desktopConfig };

async function ask(path, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(URL_ + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Somebody, a chat with everything that an answer can hold, and a link to it. */
async function furnish() {
  const { access } = await ask('/api/auth/register/', PERSON);
  const { session_id: chat } = await ask('/api/llm/chat/', { message: 'What do you know of tides?', model: 'fake/words-200@0' }, access);
  await ask('/api/llm/chat/', { message: 'Show me everything', model: 'fake/markdown@0', session_id: chat }, access);
  for (const message of ['What is snow?', '周报：第 47 周要点']) await ask('/api/llm/chat/', { message, model: 'fake/echo@0' }, access);
  const { url } = await ask('/api/llm/shares/', { session_id: chat, live: true, days: 30 }, access);
  return { 'sign-in': ['/login', false], chat: [`/chat/${chat}`, true], 'shared chat': [new URL(url).pathname, false] };
}

async function signIn(page) {
  await page.goto(`${URL_}/login`);
  await page.type('input[name=email]', PERSON.email);
  await page.type('input[name=password]', PERSON.password);
  await Promise.all([page.waitForNavigation(), page.click('form:has(input[name=password]) button[type=submit]')]);
  await page.goto('about:blank');
}

/** One load of a page in a browser that knows nothing of it. */
async function look(path, signedIn, config) {
  const browser = await puppeteer.launch({ executablePath: LIAO_CHROMIUM, args: ARGS, headless: true });
  try {
    const page = await browser.newPage();
    if (signedIn) {
      await signIn(page);
      const client = await page.createCDPSession();
      await client.send('Network.clearBrowserCache');
    }
    const { lhr } = await lighthouse(URL_ + path, { onlyCategories: CATEGORIES, logLevel: 'error', disableStorageReset: signedIn }, config, page);
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    return lhr;
  } finally {
    await browser.close();
  }
}

const score = (lhr, category) => Math.round(lhr.categories[category].score * 100);
const median = (all, by) => [...all].sort((a, b) => by(a) - by(b))[Math.floor(all.length / 2)];

/** What keeps a page from having everything. */
function lacking(lhr) {
  const lines = [];
  for (const category of CATEGORIES) {
    for (const { id, weight } of lhr.categories[category].auditRefs) {
      const audit = lhr.audits[id];
      if (!weight || audit.score === null || audit.score >= 0.9) continue;
      const items = (audit.details?.items ?? []).slice(0, 3).map((item) => item.node?.snippet ?? item.description ?? item.source ?? JSON.stringify(item).slice(0, 160));
      lines.push(`    ${category}: ${id} ${audit.displayValue ?? ''} ${items.join(' | ')}`);
    }
  }
  return lines;
}

const pages = await furnish();
const low = [];
console.log(`load ${loadavg().map((load) => load.toFixed(1)).join(' ')}`);
for (const [form, config] of Object.entries(FORMS)) {
  for (const [name, [path, signedIn]] of Object.entries(pages)) {
    const runs = [];
    for (let n = 0; n < Number(RUNS); n += 1) runs.push(await look(path, signedIn, config));
    const typical = median(runs, (lhr) => score(lhr, 'performance'));
    // What axe or the console finds counts whenever it is found.
    const scores = CATEGORIES.map((category) => (category === 'performance' ? score(typical, category) : Math.min(...runs.map((lhr) => score(lhr, category)))));
    const times = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift'].map((id) => typical.audits[id].displayValue);
    console.log(`${form}, ${name}: ${scores.join(' / ')} (FCP, LCP, TBT, CLS: ${times.join(', ')}; benchmark ${Math.round(typical.environment.benchmarkIndex)})`);
    for (const line of new Set(runs.flatMap(lacking))) console.log(line);
    if (REPORTS) writeFileSync(join(REPORTS, `${form}-${name.replace(' ', '-')}.json`), JSON.stringify(typical));
    CATEGORIES.forEach((category, n) => scores[n] < LEAST && low.push(`${form}, ${name}: ${category} ${scores[n]}`));
  }
}
if (low.length) {
  console.error(`below ${LEAST}:\n${low.join('\n')}`);
  process.exit(1);
}
