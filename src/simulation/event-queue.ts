/** What a simulated network has still to tell, in the order in which it happened. */
export class EventQueue {
  private events: (() => void)[] = [];

  push(event: () => void): void {
    this.events.push(event);
  }

  /** Tells everything, and what follows from it at once. Returns whether there was anything to tell. */
  run(): boolean {
    const { events } = this;
    for (const event of events) event();
    this.events = [];
    return events.length > 0;
  }
}
