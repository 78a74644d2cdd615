import { updateDisplayMode } from './actions.js';
import { updateBatch } from './batch.js';
import { card, clockText, completedCard, emptyCard, failedCard, noteOfPending, pendingCard } from './cards.js';
import { isOver, listen, NOTIFICATION, notify, on } from './connection.js';
import { announce } from './dom.js';
import { updateFormats } from './formats.js';
import { connect, mergeContext } from './host.js';
import { idsIn, keyOf, objectOf, textOf } from './json.js';
import { silence } from './media.js';
import { begin, close, follow, input, receive, receiveInput, shown, watch } from './session.js';
import { isOpen, tasksOf } from './shown.js';
import { dress, watchSize } from './surroundings.js';
import { readAnswer } from './task.js';

/** The page: it shows what the host passes on, and follows what is pending to its end. */

const main = document.querySelector('main') ?? document.body;
let batchCard = card('batch');
/** What the card was made from. It is rebuilt only if that changes, so that a playing video is not interrupted. */
let cardKey = '';
let announced = '';

function draw(): void {
  const next = cardNow();
  if (next && !main.contains(next)) {
    const hadFocus = main.contains(document.activeElement);
    main.replaceChildren(next);
    if (hadFocus) next.querySelector('h1')?.focus();
  }
  const told = main.querySelectorAll('header :is(h1,.note:not(.refused))');
  const news = [...told].map(({ textContent }) => textContent).join(' ');
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
  const note = isPending && noteOfPending(follow, task);
  const key = keyOf([shown, task && !isPending ? 0 : follow, input, note]);
  if (key === cardKey) return undefined;
  cardKey = key;
  if (isPending) return pendingCard(task, follow);
  if (!task) return emptyCard(shown, follow, idsIn(input));
  return task.status === 'completed' ? completedCard(task) : failedCard(task);
}

/** Redraws everything, for example when the host's abilities or its locale have changed. */
function redraw(): void {
  cardKey = '';
  batchCard = card('batch');
  draw();
}

function followContext(): void {
  dress();
  if (updateFormats() && !isOver) redraw();
  for (const place of document.querySelectorAll('.display-mode')) updateDisplayMode(place);
}

function tick(): void {
  if (document.hidden || isOver) return;
  for (const clock of document.querySelectorAll<HTMLElement>('[data-since]')) {
    clock.textContent = clockText(Number(clock.dataset.since));
  }
  // What the page says of a pending task depends on its age.
  if (isOpen(shown)) draw();
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
setInterval(tick, 1000);
connect(followContext).then(
  () => {
    watchSize((size) => notify(`${NOTIFICATION}size-changed`, size));
    redraw();
    begin(false);
  },
  // Something that embeds it without being a host.
  () => receive({ kind: 'unreadable' }),
);
