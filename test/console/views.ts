import type { Page } from 'playwright-core'
import type { Scenery } from './scenery.ts'

/** A page in one of its states. */
export interface View {
  name: string
  path: string
  signedOut: boolean
  /** Whether something stands in front of the page. */
  dialog: boolean
  /** Brings the page into the state, and waits until it is there. */
  arrive(page: Page): Promise<void>
}

interface Options {
  signedOut?: boolean
  dialog?: boolean
  act?: (page: Page) => Promise<unknown>
}

function view(name: string, path: string, options: Options = {}): View {
  const { act, dialog = false, signedOut = false } = options
  return {
    name,
    path,
    signedOut,
    dialog,
    async arrive(page) {
      await page.getByRole('heading', { level: 1 }).waitFor()
      await settle(page)
      await act?.(page)
      if (dialog) await page.locator('[role=dialog], [role=alertdialog]').waitFor()
      await settle(page)
    },
  }
}

/** Waits until nothing is loading any more. */
const settle = (page: Page) =>
  page.waitForFunction(() => !document.querySelector('main:empty, [aria-busy="true"]'))

const press = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).click()

/** Every page and state there is to look at. */
export const viewsOf = ({ busy, struggling, disabled, fresh }: Scenery): View[] => [
  view('sign-in', '/', { signedOut: true }),
  view('webhooks', '/'),
  view('webhooks-no-match', '/?search=nothing'),
  view('webhooks-create', '/', { dialog: true, act: press('Create destination') }),
  view('webhooks-delete', '/', { dialog: true, act: press('Delete Our CRM') }),
  view('destination-fresh', `/destinations/${fresh}`),
  view('destination-active', `/destinations/${busy}`),
  view('destination-disabled', `/destinations/${disabled}`),
  view('deliveries', `/destinations/${busy}/deliveries`),
  view('deliveries-none', `/destinations/${fresh}/deliveries`),
  view('deliveries-disabled', `/destinations/${disabled}/deliveries?status=FAILED`),
  view('attempt', `/destinations/${struggling}/deliveries`, { dialog: true, act: openAttempt }),
  view('events', '/events'),
  view('event', '/events/notes_created'),
  view('event-refused', '/events/email_sent', { act: publishWrongSample }),
  view('api', '/api'),
  view('graphql', '/events', { dialog: true, act: press('Show GraphQL') }),
  view('not-found', '/destinations/whk_none/deliveries'),
]

async function openAttempt(page: Page): Promise<void> {
  await page
    .getByRole('link', { name: /Document/ })
    .first()
    .click()
  await page.getByRole('heading', { name: 'Timeline' }).waitFor()
}

async function publishWrongSample(page: Page): Promise<void> {
  await page.getByRole('textbox').fill('{"subject": 1}')
  await press('Publish sample')(page)
  await page.getByRole('alert').waitFor()
}
