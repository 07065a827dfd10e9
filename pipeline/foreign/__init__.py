"""Nets and machines that were made elsewhere: their files, the proof of one by the other, the machine that a net computes, and export."""
