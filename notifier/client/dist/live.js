/**
 * The hybrid strategy: HTTP is the truth, the socket makes it fast.
 *
 * `follow(tasks)` is called with every list that HTTP answered. The socket is made when a task is active and closed when none is;
 * rooms are joined for active tasks and left when they end. `pollInterval` says how often to read the list, and `resync` is called
 * when it is to be read at once.
 */
import { IncomingEvents, OutgoingEvents } from './events.js';
import { isActive } from './progress.js';
export const POLL_MS = 30_000;
export const POLL_WHILE_DOWN_MS = 5_000;
export function pollInterval(connection) {
    return connection === 'connecting' || connection === 'reconnecting' ? POLL_WHILE_DOWN_MS : POLL_MS;
}
export class LiveTasks {
    #handlers;
    #socket;
    #connection = 'off';
    #again;
    /* Rooms that we want to be in, with the number of the last event. */
    #rooms = new Map();
    /* Tasks whose room was refused, until they are asked for again. */
    #refused = new Map();
    constructor(handlers) {
        this.#handlers = handlers;
    }
    get connection() {
        return this.#connection;
    }
    get pollInterval() {
        return pollInterval(this.#connection);
    }
    /** The tasks that are shown, as HTTP told them. */
    follow(tasks) {
        const active = new Set(tasks.filter(isActive).map((task) => task.id));
        for (const id of this.#rooms.keys())
            if (!active.has(id))
                this.#leave(id);
        for (const id of active)
            if (!this.#rooms.has(id) && !this.#refused.has(id))
                this.#join(id);
        if (this.#rooms.size > 0)
            this.#open();
        else
            this.#shut();
    }
    /** Closes the socket; follow() would open it again. */
    close() {
        for (const timer of this.#refused.values())
            clearTimeout(timer);
        this.#refused.clear();
        this.#shut();
    }
    #shut() {
        const socket = this.#socket;
        clearTimeout(this.#again);
        this.#rooms.clear();
        this.#socket = undefined;
        socket?.disconnect();
        this.#become('off');
    }
    #open() {
        if (this.#socket)
            return;
        const socket = this.#handlers.connect();
        this.#socket = socket;
        this.#become('connecting');
        const on = (event, listener) => socket.on(event, (...values) => { if (this.#socket === socket)
            listener(...values); });
        on('connect', () => this.#connected());
        on('disconnect', () => this.#down());
        on('connect_error', () => this.#down());
        on(OutgoingEvents.TASK_PROGRESS, (event) => { if (this.#isNews(event))
            this.#handlers.onProgress(event); });
        on(OutgoingEvents.TASK_COMPLETED, (event) => this.#ended(event));
        on(OutgoingEvents.TASK_FAILED, (event) => this.#ended(event));
        if (socket.connected)
            this.#connected();
    }
    #connected() {
        const again = this.#connection === 'reconnecting';
        clearTimeout(this.#again);
        this.#become('live');
        for (const id of this.#rooms.keys())
            this.#askToJoin(id);
        if (again)
            this.#handlers.resync();
    }
    #down() {
        this.#become('reconnecting');
        clearTimeout(this.#again);
        // socket.io-client gives up when the server closes or refuses the namespace.
        if (this.#socket?.active === false)
            this.#again = setTimeout(() => this.#socket?.connect(), POLL_WHILE_DOWN_MS);
    }
    #join(id) {
        this.#rooms.set(id, -1);
        if (this.#socket?.connected)
            this.#askToJoin(id);
    }
    #askToJoin(id) {
        this.#socket?.emit(IncomingEvents.JOIN_TASK, { taskId: id }, (answer) => {
            if (answer?.status !== 'error' || !this.#rooms.delete(id))
                return;
            this.#refuse(id);
        });
    }
    /* It may be gone, which the list tells; else this was a failure that may pass. */
    #refuse(id) {
        const again = () => {
            this.#refused.delete(id);
            this.#handlers.resync();
        };
        this.#refused.set(id, setTimeout(again, POLL_WHILE_DOWN_MS));
        this.#handlers.resync();
    }
    #leave(id) {
        this.#rooms.delete(id);
        if (this.#socket?.connected)
            this.#socket.emit(IncomingEvents.LEAVE_TASK, { taskId: id });
    }
    /* Of a room that we are in, and not older than what was told already. */
    #isNews({ taskId, seq = Infinity }) {
        const last = this.#rooms.get(taskId);
        if (last === undefined || seq < last)
            return false;
        if (seq !== Infinity)
            this.#rooms.set(taskId, seq);
        return true;
    }
    #ended(event) {
        if (!this.#isNews(event))
            return;
        this.#leave(event.taskId);
        this.#handlers.onEnd(event);
        this.#handlers.resync();
        if (this.#rooms.size === 0)
            this.#shut();
    }
    #become(connection) {
        if (connection === this.#connection)
            return;
        this.#connection = connection;
        this.#handlers.onConnection(connection);
    }
}
