import { existsSync } from 'node:fs'
import axe from 'axe-core'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export function browserAvailable(): boolean {
  return PROGRAMS.some(existsSync)
}

/** Starts a headless Chromium, without sandbox: containers have no user namespace for it. */
export function startBrowser(): Promise<Browser> {
  const executablePath = PROGRAMS.find(existsSync)!
  return puppeteer.launch({ executablePath, args: ['--no-sandbox', '--lang=en'], timeout: 60_000 })
}

export const DESKTOP = { width: 1280, height: 900 }
export const PHONE = { width: 390, height: 844, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

/** Accessibility violations of a page found by axe, one line per rule. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }> }
    }
    return (await axe.run()).violations.map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`,
    )
  })
}

/** Whether the page is wider than its window. */
export function overflows(page: Page): Promise<boolean> {
  return page.evaluate(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth',
  ) as Promise<boolean>
}

/** Reason codes in tables that are broken over several lines. */
export function brokenCodes(page: Page): Promise<string[]> {
  return page.$$eval('td abbr', (found) =>
    found.filter((code) => code.getClientRects().length > 1).map((code) => code.textContent ?? ''),
  )
}
