import { updateDisplayMode } from './actions.js';
import { updateBatch } from './batch.js';
import { clockText, completedCard, emptyCard, failedCard, pendingCard } from './cards.js';
import { listen, NOTIFICATION, notify, on } from './connection.js';
import { announce, el } from './dom.js';
import { updateFormats } from './formats.js';
import { connect, mergeContext } from './host.js';
import { idsOf, objectOf, textOf } from './json.js';
import { silence } from './media.js';
import { begin, close, end, follow, input, receive, receiveInput, shown, watch } from './session.js';
import { tasksOf } from './shown.js';
import { dress, watchSize } from './surroundings.js';
import { readAnswer } from './task.js';

/** The page: it shows what the host passes on, and follows what is pending to its end. */

const main = document.querySelector('main') ?? document.body;
let batchCard = el('section.card', { 'data-state': 'batch' });
/** What the card was made from. It is rebuilt only if that changes, so that a playing video is not interrupted. */
let cardKey = '';
let announced = '';

function draw(): void {
  const card = cardNow();
  if (card && !main.contains(card)) {
    const hadFocus = main.contains(document.activeElement);
    main.replaceChildren(card);
    if (hadFocus) card.querySelector('h1')?.focus();
  }
  const news = [...main.querySelectorAll('header :is(h1, .note)')].map(({ textContent }) => textContent).join(' ');
  if (news !== announced) announce(news);
  announced = news;
}

/** The card for what is shown, unless it is there already. */
function cardNow(): HTMLElement | undefined {
  const [task] = tasksOf(shown);
  if (shown.kind === 'tasks' && shown.isBatch) {
    updateBatch(batchCard, shown, follow);
    cardKey = '';
    return batchCard;
  }
  const isPending = task?.status === 'pending' || shown.kind === 'handle';
  // A new lookup changes the URLs of files; the figures update those themselves.
  const key = JSON.stringify([shown, task && !isPending ? 0 : follow, input], (name, value) =>
    name === 'media' || name === /* @__KEY__ */ 'asOfMs' ? 0 : value,
  );
  if (key === cardKey) return undefined;
  cardKey = key;
  if (isPending) return pendingCard(task, follow);
  if (!task) return emptyCard(shown, follow, idsOf(input.task_ids ?? [input.task_id]));
  return task.status === 'completed' ? completedCard(task) : failedCard(task);
}

/** Redraws everything, for example when the host's abilities or its locale have changed. */
function redraw(): void {
  cardKey = '';
  batchCard = el('section.card', { 'data-state': 'batch' });
  draw();
}

function followContext(): void {
  dress();
  if (updateFormats()) redraw();
  for (const place of document.querySelectorAll('.display-mode')) updateDisplayMode(place);
}

function tick(): void {
  if (document.hidden) return;
  for (const clock of document.querySelectorAll<HTMLElement>('[data-since]')) {
    clock.textContent = clockText(Number(clock.dataset.since));
  }
}

on('ping', () => {});
on(`${NOTIFICATION}host-context-changed`, mergeContext);
on(`${NOTIFICATION}tool-input`, (params) => receiveInput(objectOf(params.arguments)));
on(`${NOTIFICATION}tool-result`, (result) => receive(readAnswer(result, false)));
on(`${NOTIFICATION}tool-cancelled`, ({ reason }) => receive({ kind: 'cancelled', message: textOf(reason) }));
on('ui/resource-teardown', () => {
  close();
  silence();
});

watch(draw);
draw();
listen();
const clock = setInterval(tick, 1000);
end.signal.addEventListener('abort', () => clearInterval(clock));
watchSize((size) => notify(`${NOTIFICATION}size-changed`, size), end.signal);
connect(followContext).then(
  () => {
    redraw();
    begin(false);
  },
  // Something that embeds it without being a host.
  () => receive({ kind: 'unreadable' }),
);
