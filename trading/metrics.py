"""Counters and gauges of the running bot, kept in memory and read by its doors."""
