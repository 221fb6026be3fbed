import { createColors } from 'picocolors';
import type { ReplicaRecord, WorkerRecord } from '../store/shared-store.ts';
import { trialStates } from '../trial/life-cycle.ts';
import { describeOwner } from '../trial/owner.ts';
import { duration } from './search-view.ts';
import { type SharedStatus, SILENT_MS, type StudyStatus, terminalTrials } from './study-status.ts';
import { table } from './table.ts';

/** So many of those who left are still listed; the others are counted. */
const leftShown = 3;
const errorsShown = 5;
const errorLength = 116;

/** A study's status for people. */
export function statusText(status: StudyStatus, { color }: { readonly color: boolean }): string {
  const { bold, dim } = createColors(color);
  const age = Date.parse(status.at) - Date.parse(status.createdAt);
  const line = (name: string, text: string): string => `${dim(name.padEnd(11))}${text}`;
  const parts = [
    `${bold(status.name)}  ${status.location}`,
    line('strategy', `${status.strategy}, begun ${duration(age)} ago`),
    line('trials', trialsText(status)),
    line('finished', throughputText(status)),
    line('queue', `${status.queue.waiting} waiting, ${status.queue.active} being evaluated`),
  ];
  const { shared, owner } = status;
  if (shared === null) parts.push(line('run by', ownerText(owner)));
  else parts.push(line('controller', controllerText(shared)));
  if (shared !== null)
    parts.push('', replicasText(shared.replicas, color), '', workersText(shared.workers, color));
  const errors = errorLines(status);
  if (errors.length > 0) parts.push('', bold('errors'), ...errors);
  return parts.join('\n');
}

function trialsText({ trials, wanted }: StudyStatus): string {
  const states = trialStates.filter((state) => trials[state] > 0).map((state) => `${trials[state]} ${state}`);
  const done = `${terminalTrials(trials)}${wanted === null ? '' : ` of ${wanted}`} done`;
  return states.length === 0 ? done : `${done}: ${states.join(', ')}`;
}

function throughputText({ throughput, at, createdAt }: StudyStatus): string {
  const ageMinutes = (Date.parse(at) - Date.parse(createdAt)) / 60_000;
  // Of spans that are all longer than the study one is enough.
  const told = throughput.filter(({ minutes }, index) => index === 0 || minutes <= ageMinutes);
  const spans = told.map(({ minutes, perMinute }) => `${rate(perMinute)} in the last ${spanText(minutes)}`);
  return `per minute: ${spans.join(', ')}`;
}

function rate(perMinute: number): string {
  return perMinute >= 10 ? perMinute.toFixed(0) : perMinute.toFixed(1);
}

function spanText(minutes: number): string {
  if (minutes === 1) return 'minute';
  return minutes === 60 ? 'hour' : `${minutes} minutes`;
}

function ownerText(owner: StudyStatus['owner']): string {
  if (owner === null) return 'nobody at the moment';
  const words = {
    alive: '',
    dead: ', which is gone',
    elsewhere: ', another machine: whether it lives is not known',
  };
  return `${describeOwner(owner)} since ${owner.since}${words[owner.liveness]}`;
}

function controllerText({ shards, accumulate, baseline, gradients, staleness }: SharedStatus): string {
  const kept =
    shards === 0
      ? 'state in one piece'
      : `${shards} ${shards === 1 ? 'shard' : 'shards'}, ${accumulate} ${accumulate === 1 ? 'gradient' : 'gradients'} an update`;
  const line = `${kept}, baseline ${baseline === null ? '–' : baseline.toFixed(4)}, ${gradients} ${gradients === 1 ? 'push' : 'pushes'}`;
  if (staleness === null) return line;
  const { mean, median, p90, max } = staleness;
  return `${line}; staleness mean ${mean.toFixed(1)}, median ${median}, 90 % ${p90}, max ${max}`;
}

function replicasText(replicas: readonly ReplicaRecord[], color: boolean): string {
  if (replicas.length === 0) return 'No controller replica yet: nascent controller --study URL';
  const rows = replicas.map(({ replica, owner, sequence, silentMs }) => [
    String(replica),
    owner === null ? 'free' : silentMs > SILENT_MS ? 'silent' : 'running',
    owner === null ? '–' : describeOwner(owner),
    String(sequence),
    ago(silentMs),
  ]);
  return table(['replica', 'state', 'process', 'pushes', 'last seen'], rows, {
    rightAlign: [0, 3, 4],
    color,
  });
}

function workersText(workers: readonly WorkerRecord[], color: boolean): string {
  if (workers.length === 0) return 'No worker yet: nascent worker --study URL';
  const working = workers.filter(({ state }) => state === 'working');
  const left = workers.filter(({ state }) => state === 'left').reverse();
  const rows = [...working, ...left.slice(0, leftShown)].map(
    ({ owner, capability, state, activity, silentMs }) => [
      `${owner.host} ${owner.pid}`,
      state === 'left' ? 'left' : silentMs > SILENT_MS ? 'silent' : 'working',
      String(capability.slots),
      String(capability.threads),
      capability.device,
      state === 'left' ? '–' : runningText(activity.running),
      String(activity.finished),
      String(activity.failed),
      ago(silentMs),
    ],
  );
  const head = [
    'worker',
    'state',
    'slots',
    'threads',
    'device',
    'in training',
    'finished',
    'retried',
    'last seen',
  ];
  const drawn = table(head, rows, { rightAlign: [2, 3, 6, 7, 8], color });
  const more = left.length - leftShown;
  return more > 0 ? `${drawn}\nand ${more} that have left before` : drawn;
}

function runningText(running: readonly number[]): string {
  if (running.length === 0) return '–';
  const shown = running.slice(0, 4).join(' ');
  return running.length > 4 ? `${shown} and ${running.length - 4} more` : shown;
}

function ago(ms: number): string {
  return `${duration(ms)} ago`;
}

function errorLines({ shared, failures, errors }: StudyStatus): string[] {
  const ofWorkers = (shared?.workers ?? [])
    .filter(({ state, activity }) => state === 'working' && activity.lastError !== null)
    .map(({ owner, activity }) => `worker ${owner.host} ${owner.pid}: ${activity.lastError ?? ''}`);
  const ofLog = errors.slice(0, errorsShown).map(({ at, kind, detail }) => {
    const { message } = detail;
    return `${at.slice(0, 19).replace('T', ' ')} ${kind}: ${typeof message === 'string' ? message : JSON.stringify(detail)}`;
  });
  const ofTrials = failures.map(({ trial, what }) => `trial ${trial}: ${what}`);
  return [...ofWorkers, ...ofLog, ...ofTrials].map((text) => `  ${short(text)}`);
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > errorLength ? `${line.slice(0, errorLength - 1)}…` : line;
}
