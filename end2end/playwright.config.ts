// How the tests run: the real binary, the system's headless Chromium, two workers with a server each.
import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

// The same engine without the windows, tabs and services around it: the tests need two thirds of the time. What it has not
// (microphones) asks for the whole browser (voice.spec.ts).
const SHELL = '/usr/bin/chromium-headless-shell';
const chromium = process.env.LIAO_CHROMIUM ?? (existsSync(SHELL) ? SHELL : '/usr/bin/chromium');

// Firefox as Debian ships it, spoken to in the tongue that browsers have in common (WebDriver BiDi): LIAO_FIREFOX=1. It knows no phones and
// nothing that is Chromium's own, and its scripts cannot be switched off, so what everybody does every day is looked at.
const firefox = process.env.LIAO_FIREFOX && {
  name: 'firefox',
  testMatch: /(core|search|share|queue|draft|i18n|tree|organise|block|diagram|artifact|comparison|look)\.spec\.ts/,
  use: {
    ...devices['Desktop Firefox'],
    channel: 'moz-firefox',
    viewport: { width: 1280, height: 860 },
    launchOptions: {
      executablePath: process.env.LIAO_FIREFOX === '1' ? '/usr/bin/firefox-esr' : process.env.LIAO_FIREFOX,
      firefoxUserPrefs: { 'dom.events.testing.asyncClipboard': true, 'ui.primaryPointerCapabilities': 6, 'ui.allPointerCapabilities': 6 },
    },
  },
};

export default defineConfig({
  ...(firefox ? { projects: [firefox] } : {}),
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  // A navigation that never ended was seen twice in 200 tests on a loaded machine. Pages are rendered on one thread since
  // (src/server/http/page_thread.rs says why); until that has held for a while, a second try tells such a one (listed as flaky)
  // from a defect (failed twice).
  retries: 1,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 8_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1280, height: 860 },
    locale: 'en-US',
    timezoneId: 'UTC',
    trace: 'on-first-retry', // of every test, they were a quarter of all the time
    actionTimeout: 8_000,
    serviceWorkers: 'block', // a test that looks at what goes over the network sees all of it; pwa.spec.ts allows them
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
