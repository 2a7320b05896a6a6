import type { Page } from 'playwright-core'
import type { Tab } from './browser.ts'
import { DESTINATIONS, type Scenery } from './scenery.ts'
import { AUDIT_LOG, NO_AUDIT_LOG } from './scenery-audit-log.ts'

/** A page in one of its states. */
export interface View {
  name: string
  path: string
  /** The owner of the key with which the page is opened. Null shows the sign-in. */
  viewer: keyof Scenery | null
  /** Whether a dialog is open in front of the page. */
  dialog: boolean
  /** Whether a picture shows the first screen alone, because the rest of the page is in the picture of another view. */
  top: boolean
  /** Whether the service refuses a request of the page on the way to the state. */
  refused: boolean
  /** What the API answers to an operation in place of the service; null leaves it without an answer. */
  answers: Record<string, object | null>
  /** Puts the page into the state, and waits for it. */
  arrive(page: Page): Promise<void>
}

interface Options extends Partial<Pick<View, 'viewer' | 'dialog' | 'top' | 'refused' | 'answers'>> {
  /** Whether the page stays as it is before its data arrives. */
  loading?: boolean
  act?: (page: Page) => Promise<unknown>
}

function view(name: string, path: string, options: Options = {}): View {
  const { act, answers = {}, dialog = false, loading = false } = options
  const { refused = false, top = dialog, viewer = 'owner' } = options
  // Pages about destinations follow them, for a viewer who may read them.
  const live =
    !/^\/(events|api|audit-log)/.test(path) && (viewer === 'owner' || viewer === 'newcomer')
  return {
    name,
    path,
    viewer,
    dialog,
    top,
    refused,
    answers,
    async arrive(page) {
      await page.getByRole('heading').first().waitFor()
      if (!loading) await settle(page, live)
      await act?.(page)
      if (dialog) await page.locator('[role=dialog], [role=alertdialog]').waitFor()
      if (!loading) await settle(page, live)
      if (!top) await page.evaluate(() => scrollTo(0, 0))
    },
  }
}

/** Waits until nothing is loading and, on a page with live updates, the live connection is open. */
const settle = (page: Page, live: boolean) =>
  page.waitForFunction(
    (live) =>
      !document.querySelector('main:empty, [aria-busy="true"]') &&
      (!live || document.querySelector('[data-state="live"]') !== null) &&
      document.fonts.status === 'loaded',
    live,
  )

const press = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).click()

const then =
  (...steps: ((page: Page) => Promise<unknown>)[]) =>
  async (page: Page) => {
    for (const step of steps) await step(page)
  }

const { busy, disabled, fresh, long, struggling } = DESTINATIONS

const ROTATED = {
  destinationRotateSecret: {
    __typename: 'SecretRevealed',
    secret: `wsec_${'Rq7'.repeat(12)}`,
    destination: null,
  },
}

const FAILED = {
  errors: [
    {
      message: 'Unexpected error.',
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: '5f0c9a52' },
    },
  ],
}

/** Every page and state that is compared with a picture. */
export const VIEWS: readonly View[] = [
  view('sign-in', '/', { viewer: null }),
  view('sign-in-refused', '/', { viewer: null, refused: true, act: signInWrongly }),
  view('webhooks', '/'),
  view('webhooks-loading', '/', { loading: true, answers: { Destinations: null } }),
  view('webhooks-failed', '/', { refused: true, answers: { Destinations: FAILED } }),
  view('webhooks-none', '/', { viewer: 'newcomer' }),
  view('webhooks-no-match', '/?search=nothing'),
  view('webhooks-not-readable', '/', { viewer: 'stranger' }),
  view('webhooks-create', '/', { dialog: true, act: press('Create destination') }),
  view('webhooks-delete', '/', { dialog: true, act: press('Delete Our CRM') }),
  view('destination-fresh', `/destinations/${fresh}`),
  view('destination-active', `/destinations/${busy}`),
  view('destination-disabled', `/destinations/${disabled}`, { top: true }),
  view('destination-long', `/destinations/${long}`, { top: true, act: rename }),
  view('destination-rotate', `/destinations/${busy}`, {
    dialog: true,
    act: press('Rotate secret'),
  }),
  view('destination-rotated', `/destinations/${busy}`, {
    dialog: true,
    answers: { RotateSecret: { data: ROTATED } },
    act: then(press('Rotate secret'), confirmRotation),
  }),
  view('destination-none', '/destinations/whk_none'),
  view('deliveries', `/destinations/${busy}/deliveries`, { top: true }),
  view('deliveries-none', `/destinations/${fresh}/deliveries`),
  view('deliveries-no-match', `/destinations/${disabled}/deliveries?status=SUCCEEDED`),
  view('deliveries-disabled', `/destinations/${disabled}/deliveries`),
  view('attempt', `/destinations/${struggling}/deliveries`, { dialog: true, act: openAttempt }),
  view('attempt-succeeded', `/destinations/${busy}/deliveries`, { dialog: true, act: openAttempt }),
  view('events', '/events'),
  view('event', '/events/notes_created'),
  view('event-refused', '/events/email_sent', { top: true, act: publishWrongSample }),
  view('event-published', '/events/todo_created', {
    top: true,
    answers: { PublishSample: { data: { eventPublish: published(1) } } },
    act: press('Publish sample'),
  }),
  view('api', '/api', { act: openOperation }),
  view('audit-log', '/audit-log', { answers: { AuditLog: AUDIT_LOG } }),
  view('audit-log-none', '/audit-log?action=EVENT_ERASED', { answers: { AuditLog: NO_AUDIT_LOG } }),
  view('graphql', '/events', { dialog: true, act: press('Show GraphQL') }),
  view('page-none', '/events/made_up'),
]

/**
 * Opens a view in a tab that may have shown others before: it keeps its cache and its process, and starts each view
 * without requests, answers, credentials or complaints of the last one.
 */
export async function openView(
  tab: Tab,
  { url, keys, view }: { url: string; keys: Scenery; view: View },
): Promise<void> {
  const { page } = tab
  // A light page of the same origin, where nothing runs that could write what is removed.
  await page.goto(`${url}/health/live`)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  tab.forget()
  await page.evaluate((key) => {
    sessionStorage.clear()
    localStorage.clear()
    if (key) sessionStorage.setItem('bigmind:credential', key)
  }, view.viewer && keys[view.viewer])
  await answerInPlace(page, view.answers)
  await page.goto(url + view.path)
  await view.arrive(page)
}

async function answerInPlace(page: Page, answers: View['answers']): Promise<void> {
  if (Object.keys(answers).length === 0) return
  await page.route('**/graphql', async (route) => {
    const { operationName } = route.request().postDataJSON() as { operationName: string }
    const answer = answers[operationName]
    if (answer === undefined) return route.continue()
    if (answer !== null) await route.fulfill({ json: answer })
  })
}

async function signInWrongly(page: Page): Promise<void> {
  await page.getByLabel('API key or token').fill('bmk_mistyped')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
}

async function rename(page: Page): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill('Archive')
  await page.getByText('You have unsaved changes.').waitFor()
}

async function confirmRotation(page: Page): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate secret' }).click()
  await page.getByRole('heading', { name: 'New signing secret' }).waitFor()
}

async function openAttempt(page: Page): Promise<void> {
  await page.locator('tr[data-attempt]').first().getByRole('link').click()
  await page.getByRole('heading', { name: 'Timeline' }).waitFor()
}

async function publishWrongSample(page: Page): Promise<void> {
  await page.getByRole('textbox').fill('{"subject": 1}')
  await press('Publish sample')(page)
  await page.getByRole('alert').waitFor()
}

function published(deliveryCount: number): object {
  return {
    __typename: 'EventPublished',
    deliveryCount,
    event: { id: 'evt_1', __typename: 'Event' },
  }
}

async function openOperation(page: Page): Promise<void> {
  await page.locator('summary', { hasText: 'CreateDestination' }).click()
}
