CREATE TABLE `erasures` (
	`user_id` text PRIMARY KEY NOT NULL,
	`started_at` integer NOT NULL,
	`finished_at` integer,
	`scanned` integer DEFAULT 0 NOT NULL,
	`redacted` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`name` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`secrets` text NOT NULL,
	`filter` text NOT NULL,
	`batch` integer NOT NULL,
	`paused` integer NOT NULL,
	`created_at` integer NOT NULL,
	`position` integer NOT NULL,
	`ordinal` integer NOT NULL,
	`until_position` integer,
	`until_ordinal` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt` integer,
	`failing_since` integer,
	`last_error` text,
	`last_error_at` integer,
	`delivered_at` integer
);
